/* SPDX-License-Identifier: ISC */
/* Handlers of exceptions: what a program defines (catch_*), and the demultiplexers that call them. */
#ifndef _MACH_EXC_H_
#define _MACH_EXC_H_

#include <mach/exception_types.h>
#include <mach/mig.h>

/* Codes of 32 bits: messages 2401 to 2403. */
boolean_t exc_server(mach_msg_header_t *, mach_msg_header_t *);
kern_return_t catch_exception_raise(mach_port_t exception_port,
    mach_port_t thread, mach_port_t task, exception_type_t exception,
    exception_data_t code, mach_msg_type_number_t count);
kern_return_t catch_exception_raise_state(mach_port_t exception_port,
    exception_type_t exception, const exception_data_t code,
    mach_msg_type_number_t count, int *flavor, const thread_state_t old_state,
    mach_msg_type_number_t old_count, thread_state_t new_state,
    mach_msg_type_number_t *new_count);
kern_return_t catch_exception_raise_state_identity(mach_port_t exception_port,
    mach_port_t thread, mach_port_t task, exception_type_t exception,
    exception_data_t code, mach_msg_type_number_t count, int *flavor,
    thread_state_t old_state, mach_msg_type_number_t old_count,
    thread_state_t new_state, mach_msg_type_number_t *new_count);

/* MACH_EXCEPTION_CODES: messages 2405 to 2407. */
boolean_t mach_exc_server(mach_msg_header_t *, mach_msg_header_t *);
kern_return_t catch_mach_exception_raise(mach_port_t exception_port,
    mach_port_t thread, mach_port_t task, exception_type_t exception,
    mach_exception_data_t code, mach_msg_type_number_t count);
kern_return_t catch_mach_exception_raise_state(mach_port_t exception_port,
    exception_type_t exception, const mach_exception_data_t code,
    mach_msg_type_number_t count, int *flavor, const thread_state_t old_state,
    mach_msg_type_number_t old_count, thread_state_t new_state,
    mach_msg_type_number_t *new_count);
kern_return_t catch_mach_exception_raise_state_identity(
    mach_port_t exception_port, mach_port_t thread, mach_port_t task,
    exception_type_t exception, mach_exception_data_t code,
    mach_msg_type_number_t count, int *flavor, thread_state_t old_state,
    mach_msg_type_number_t old_count, thread_state_t new_state,
    mach_msg_type_number_t *new_count);

#endif
