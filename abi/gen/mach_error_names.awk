# SPDX-License-Identifier: ISC
# abi/mach/constants.tbl -> the errors among them, in words: { code, "(where) words" },
BEGIN { FS = "\t" }
function put(where, name) {
	printf "\t{ (int)%s, \"(%s) %s\" },\n", $3, where, tolower(name)
}
/^#/ { next }
$2 == "KERN_SUCCESS" {
	print "\t{ 0, \"(os/kern) successful\" },"
	next
}
{
	name = $2
	gsub(/_/, " ", name)
}
$1 == "kern_return" && $2 != "KERN_RETURN_MAX" { put("os/kern", substr(name, 6)) }
$1 == "mig_errors" { put("ipc/mig", substr(name, 5)) }
$1 == "message" && $3 ~ /^0x10000/ && $2 ~ /^MACH_SEND_/ { put("ipc/send", substr(name, 11)) }
$1 == "message" && $3 ~ /^0x10004/ && $2 ~ /^MACH_RCV_/ { put("ipc/rcv", substr(name, 10)) }
