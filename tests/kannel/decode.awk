# What Kannel's fakesmsc says it got, as lines "number<TAB>text<TAB>parts"; run with LC_ALL=C.
#
# It prints <sender receiver ucs-2 DATA> or, for one part of a long text, <sender receiver udh UDH data DATA>, all of it
# percent-coded, texts in UTF-16BE. Parts are put together by the reference number of their header (050003 ref count number).
# Decoded here and by nothing of crier's, so that a mistake of its encoder cannot hide.

function byte_at(text,   code) {
	code = substr(text, at, 1)
	if (code == "%") {
		code = hex(substr(text, at + 1, 2))
		at += 3
	} else {
		code = code == "+" ? 32 : ord[code]
		at++
	}
	return code
}

function hex(digits,   i, value) {
	for (i = 1; i <= length(digits); i++)
		value = value * 16 + index("0123456789abcdef", tolower(substr(digits, i, 1))) - 1
	return value
}

function utf8(code) {
	if (code < 128)
		return sprintf("%c", code)
	if (code < 2048)
		return sprintf("%c%c", 192 + int(code / 64), 128 + code % 64)
	if (code < 65536)
		return sprintf("%c%c%c", 224 + int(code / 4096), 128 + int(code / 64) % 64, 128 + code % 64)
	return sprintf("%c%c%c%c", 240 + int(code / 262144), 128 + int(code / 4096) % 64, 128 + int(code / 64) % 64,
		128 + code % 64)
}

function decode(text,   out, unit, low) {
	at = 1
	while (at <= length(text)) {
		unit = byte_at(text) * 256
		unit += byte_at(text)
		if (unit >= 55296 && unit < 56320) {
			low = byte_at(text) * 256
			low += byte_at(text)
			unit = 65536 + (unit - 55296) * 1024 + low - 56320
		}
		out = out utf8(unit)
	}
	return out
}

BEGIN {
	for (i = 1; i < 128; i++)
		ord[sprintf("%c", i)] = i
}

/Got message [0-9]+: </ {
	line = $0
	sub(/.*Got message [0-9]+: </, "", line)
	sub(/>$/, "", line)
	fields = split(line, field, " ")
	if (field[3] == "ucs-2" && fields == 4) {
		print field[2] "\t" decode(field[4]) "\t1"
	} else if (field[3] == "udh" && field[5] == "data" && fields == 6) {
		at = 1
		for (i = 1; i <= 6; i++)
			head[i] = byte_at(field[4])
		if (head[1] != 5 || head[2] != 0 || head[3] != 3 || at <= length(field[4])) {
			print "unexpected header " line
			next
		}
		key = field[2] " " head[4]
		part[key, head[6]] = decode(field[6])
		if (++arrived[key] < head[5])
			next
		whole = ""
		for (i = 1; i <= head[5]; i++)
			whole = whole part[key, i]
		print field[2] "\t" whole "\t" head[5]
		delete arrived[key]
	} else {
		print "unexpected line " line
	}
}
