#include "audience/role.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* What people write → the slugs of alerts.md section 11. */
static const struct synonym {
	const char *written, *name;
} synonyms[] = {
	{"学生", "student"},
	{"在校学生", "student"},
	{"在校生", "student"},
	{"大学生", "student"},
	{"中学生", "student"},
	{"小学生", "student"},
	{"家长", "parent"},
	{"学生家长", "parent"},
	{"宝妈", "parent"},
	{"父母", "parent"},
	{"财务", "finance"},
	{"财务人员", "finance"},
	{"会计", "finance"},
	{"出纳", "finance"},
	{"商户", "merchant"},
	{"个体", "merchant"},
	{"个体户", "merchant"},
	{"个体工商户", "merchant"},
	{"商家", "merchant"},
	{"店主", "merchant"},
	{"待业", "jobless"},
	{"待业人员", "jobless"},
	{"失业", "jobless"},
	{"无业", "jobless"},
	{"低收入", "jobless"},
	{"未成年", "minor"},
	{"未成年人", "minor"},
	{"儿童", "minor"},
	{"老人", "elderly"},
	{"老年人", "elderly"},
	{"机关", "official"},
	{"机关单位", "official"},
	{"公务员", "official"},
	{"干部", "official"},
	{"务工", "worker"},
	{"务工人员", "worker"},
	{"上班族", "worker"},
	{"职工", "worker"},
	{"工人", "worker"},
	{"员工", "worker"},
	{"投资", "investor"},
	{"投资理财", "investor"},
	{"投资理财人群", "investor"},
	{"投资者", "investor"},
	{"股民", "investor"},
	{"单身", "single"},
	{"单身交友", "single"},
	{"网购", "shopper"},
	{"出行", "traveller"},
	{"旅客", "traveller"},
	{"留学", "overseas"},
	{"留学生", "overseas"},
	{"境外", "overseas"},
};

static bool blank(uint32_t code)
{
	return code == ' ' || code == '\t' || code == '\r' || code == '\n' || code == 0x3000 || code == 0xa0;
}

/* Characters that part roles in a cell, or that no name needs. */
static bool forbidden(uint32_t code)
{
	return code < 0x20 || code == 0x7f || (code >= 0x80 && code < 0xa0) || code == ';' || code == ',' ||
		code == '"' || code == 0x3001 || code == 0xfeff;
}

static uint32_t narrow(uint32_t code)
{
	if (code >= 0xff01 && code <= 0xff5e)
		code -= 0xff01 - 0x21;
	if (blank(code))
		return ' ';
	return code < 0x80 ? (uint32_t)tolower((int)code) : code;
}

bool role_name(const char *text, size_t size, char out[ROLE_ROOM])
{
	const char *end = text + size;
	size_t used = 0;
	uint32_t code;

	while (text < end) {
		if (!utf8_next(&text, end, &code))
			return false;
		code = narrow(code);
		if (code == ' ' && used == 0)
			continue;
		if (forbidden(code) || used + 4 >= ROLE_ROOM)
			return false;
		used += utf8_put(code, out + used);
	}
	while (used > 0 && out[used - 1] == ' ')
		used--;
	out[used] = '\0';
	for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++) {
		if (strcmp(synonyms[i].written, out) == 0)
			snprintf(out, ROLE_ROOM, "%s", synonyms[i].name);
	}
	return used > 0;
}
