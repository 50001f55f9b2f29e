/* SPDX-License-Identifier: ISC */
/* Whatever a guest writes into the ring is printed without a fault, as text, as JSON and as a summary. */
#include <stdio.h>
#include <string.h>

#include "report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct report *r[3];
	static struct trace_record record;
	static FILE *sink;
	unsigned i;

	if (sink == NULL) {
		sink = fopen("/dev/null", "we");
		for (i = 0; i < 3; i++)
			r[i] = report_new(&(struct report_options){ .out = sink, .json = i == 1, .count = i == 2 });
	}
	memset(&record, 0, sizeof(record));
	memcpy((char *)&record + 8, data, size < sizeof(record) - 8 ? size : sizeof(record) - 8);
	record.kind = record.kind % 5;
	record.nr = record.nr % 700;
	record.tid = record.tid % 4;
	record.personality = 1 + record.personality % 2;
	record.layer_version = record.personality == 1 ? 1 : 14;
	if (record.data_len > sizeof(record.data))
		record.data_len = record.data_len % (sizeof(record.data) + 1);
	for (i = 0; i < 3; i++)
		report_record(r[i], &record);
	return 0;
}
