#include "alert/reading.h"

#include <stdlib.h>
#include <string.h>

#include "alert/fold.h"
#include "alert/privacy.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/utf8.h"

#define ALIASES_MOST 7

static const struct field_row {
	const char *key;
	const char *labels[ALIASES_MOST]; /* the Chinese names; the first is the one that messages use */
	bool list;
} field_rows[FIELD_COUNT] = {
	[FIELD_SCHEMA] = {"schema", {"格式"}, false},
	[FIELD_ID] = {"id", {"编号", "预警编号"}, false},
	[FIELD_SENDER] = {"sender", {"发送人", "发送方"}, false},
	[FIELD_SENDER_NAME] = {"sender_name", {"发布单位", "单位", "落款", "署名"}, false},
	[FIELD_ISSUED] = {"issued", {"发布时间", "签发时间"}, false},
	[FIELD_STATUS] = {"status", {"状态"}, false},
	[FIELD_ACTION] = {"action", {"动作", "操作"}, false},
	[FIELD_SUPERSEDES] = {"supersedes", {"原编号", "原预警编号"}, true},
	[FIELD_FRAUD_TYPE] = {"fraud_type", {"类型", "诈骗类型", "案件类型", "类别"}, false},
	[FIELD_METHOD] = {"method", {"手法", "作案手法", "诈骗手法"}, false},
	[FIELD_KEYWORDS] = {"keywords", {"关键词", "关键字"}, true},
	[FIELD_SUMMARY] = {"summary", {"案情", "简要案情", "案情简介", "摘要", "内容"}, false},
	[FIELD_LOSS] = {"loss", {"损失", "损失金额", "涉案金额", "被骗金额", "金额"}, false},
	[FIELD_CASES] = {"cases", {"起数", "案件数", "案件起数", "发案数"}, false},
	[FIELD_OCCURRED] = {"occurred", {"发案时间", "案发时间"}, false},
	[FIELD_PLACE] = {"place", {"地点", "发案地点", "案发地点", "发案地"}, false},
	[FIELD_AUDIENCES] = {"audiences", {"对象", "受众", "人群", "预警对象", "发送对象", "提醒对象"}, true},
	[FIELD_AREAS] = {"areas", {"区域", "地区", "范围", "发送区域", "发送范围"}, true},
	[FIELD_URGENCY] = {"urgency", {"紧急程度", "缓急", "紧急"}, false},
	[FIELD_LEVEL] = {"level", {"级别", "等级", "预警级别", "预警等级"}, false},
	[FIELD_FROM] = {"from", {"开始", "开始时间", "起始", "生效时间"}, false},
	[FIELD_UNTIL] = {"until", {"截止", "截止时间", "结束时间", "有效期至", "失效时间", "截至"}, false},
	[FIELD_QUIET_HOURS] = {"quiet_hours", {"免打扰", "遵守免打扰"}, false},
	[FIELD_HEADLINE] = {"headline", {"标题"}, false},
	[FIELD_ADVICE] = {"advice", {"提醒", "提示", "防范提醒", "防范提示", "防范建议", "建议"}, true},
	[FIELD_SLOGAN] = {"slogan", {"标语", "标语包"}, false},
	[FIELD_HOTLINE] = {"hotline", {"电话", "咨询电话", "热线"}, false},
	[FIELD_WEB] = {"web", {"网址", "链接"}, false},
	[FIELD_CHANNELS] = {"channels", {"渠道", "方式", "发送渠道", "发送方式"}, true},
	[FIELD_TEXT_SMS] = {"text.sms", {"短信内容", "短信正文", "短信"}, false},
	[FIELD_TEXT_WECOM] = {"text.wecom", {"群内容", "群消息", "微信群内容"}, false},
	[FIELD_TEXT_LED] = {"text.led", {"屏幕内容", "屏内容", "屏幕文字", "大屏内容"}, false},
	[FIELD_NOTE] = {"note", {"备注"}, false},
	[FIELD_AUTHOR] = {"author", {"拟稿人", "填报人", "作者", "警号"}, false},
	[FIELD_WITHDRAW] = {NULL, {"撤回", "撤销", "取消", "解除"}, true},
	[FIELD_REPLACE] = {NULL, {"更新", "更正"}, true},
};

/* Which field a child of the root, or of its group `text`, is; FIELD_COUNT when none. */
static enum field field_of(enum form form, const struct node *node)
{
	bool in_text = node->parent != NULL && node->parent->key != NULL;
	char *folded = fold_name(node->key);
	enum field found = FIELD_COUNT;

	for (enum field field = 0; field < FIELD_COUNT && found == FIELD_COUNT; field++) {
		const struct field_row *row = &field_rows[field];
		const char *key = row->key;
		if (form != FORM_TXT && key != NULL && in_text)
			key = strncmp(key, "text.", 5) == 0 ? key + 5 : NULL;
		/* Keys of files that programs write are exact; a person's lines are read with good will. */
		if (key != NULL && (form == FORM_TXT ? fold_matches(key, folded) : strcmp(key, node->key) == 0))
			found = field;
		for (size_t i = 0; i < ALIASES_MOST && row->labels[i] != NULL && form == FORM_TXT; i++)
			if (fold_matches(row->labels[i], folded))
				found = field;
	}
	free(folded);
	return found;
}

/* The group of ready wordings, or what somebody wrote in its place. */
static bool is_text_group(const struct reading *reading, const struct node *node)
{
	return reading->form != FORM_TXT && node->parent == reading->root && strcmp(node->key, "text") == 0;
}

const char *reading_label(const struct reading *reading, enum field field)
{
	if (reading->form == FORM_TXT || field_rows[field].key == NULL)
		return field_rows[field].labels[0];
	return field_rows[field].key;
}

const struct place *reading_place(struct reading *reading, const struct node *node)
{
	reading->place = (struct place){.file = reading->file, .line = node != NULL ? node->line : 0};
	return &reading->place;
}

const char *reading_path(struct reading *reading, const struct node *node, enum field field)
{
	char masked[PRIVACY_MASK];

	if (node == NULL)
		return reading_label(reading, field);
	node_path(node, reading->path);
	/* A number in front of a colon reads as the name of a field, and this name goes into .reason files. */
	if (privacy_numbers(reading->path, NULL, masked) != PRIVACY_NOTHING)
		memcpy(reading->path, masked, sizeof(masked));
	return reading->path;
}

const char *reading_quote(struct reading *reading, const char *text)
{
	size_t size = utf8_cut(text, READING_QUOTE - sizeof("…"));
	char masked[PRIVACY_MASK];

	/* Instead of the text, not within it: there the number may stand in any spelling. */
	if (privacy_numbers(text, NULL, masked) != PRIVACY_NOTHING) {
		memcpy(reading->quoted, masked, sizeof(masked));
		return reading->quoted;
	}
	memcpy(reading->quoted, text, size);
	reading->quoted[size] = '\0';
	if (text[size] != '\0')
		memcpy(reading->quoted + size, "…", sizeof("…"));
	return reading->quoted;
}

/* `node` stands in a place where fields stand, so its path is its name: FIELD_COUNT is not looked up. */
static void unknown_field(struct reading *reading, const struct node *node)
{
	const char *names[FIELD_COUNT * ALIASES_MOST + 2];
	size_t count = 0;
	bool in_text = node->parent != reading->root;

	for (enum field field = 0; field < FIELD_COUNT; field++) {
		const struct field_row *row = &field_rows[field];
		bool text = row->key != NULL && strncmp(row->key, "text.", 5) == 0;
		for (size_t i = 0; reading->form == FORM_TXT && i < ALIASES_MOST && row->labels[i] != NULL; i++)
			names[count++] = row->labels[i];
		if (reading->form != FORM_TXT && row->key != NULL && text == in_text)
			names[count++] = text ? row->key + 5 : row->key;
	}
	if (reading->form != FORM_TXT && !in_text)
		names[count++] = "text";
	names[count] = NULL;
	struct problem *problem = READING_ERROR(reading, node, FIELD_COUNT, N_("there is no such field"));
	const char *nearest = problem != NULL ? nearest_name(node->key, names) : NULL;
	if (nearest != NULL)
		problem_remedy(problem, N_("did you mean \"%s\"?"), nearest);
	else
		problem_remedy(problem, N_("remove it; the fields are listed in the manual page crier-alert(5)"));
}

static void known_field(struct reading *reading, const struct node *node, enum field field)
{
	const struct node *first = NULL;

	for (size_t i = 0; i < reading->entry_count && first == NULL; i++)
		if (reading->entries[i].field == field)
			first = reading->entries[i].node;
	reading->entries[reading->entry_count++] = (struct reading_entry){.node = node, .field = field};
	if (first == NULL || (reading->form == FORM_TXT && field_rows[field].list))
		return;
	struct problem *problem = first->line > 0
		? READING_ERROR(reading, node, field, N_("\"%s\" is there twice, first in line %u"),
			  reading_label(reading, field), first->line)
		: READING_ERROR(reading, node, field, N_("\"%s\" is there twice"), reading_label(reading, field));
	problem_remedy(problem, N_("keep one of them"));
}

static void open_group(struct reading *reading, const struct node *group);

static void open_text(struct reading *reading, const struct node *node)
{
	if (node->kind == NODE_GROUP) {
		open_group(reading, node);
		return;
	}
	struct problem *problem = READING_ERROR(reading, node, FIELD_COUNT,
		N_("must be a group with a text for each channel"));
	problem_remedy(problem, N_("write it like %s"),
		reading->form == FORM_JSON ? "\"text\": { \"sms\": \"...\" }" : "text: { sms = \"...\"; };");
}

static void open_group(struct reading *reading, const struct node *group)
{
	for (const struct node *node = group->first; node != NULL; node = node->next) {
		if (reading->visited++ >= READING_ENTRIES) {
			struct problem *problem = READING_ERROR(reading, node, FIELD_COUNT,
				N_("there are too many lines"));
			problem_remedy(problem, N_("one file is one alert of a few lines"));
			return;
		}
		enum field field = field_of(reading->form, node);
		if (is_text_group(reading, node))
			open_text(reading, node);
		else if (field != FIELD_COUNT)
			known_field(reading, node, field);
		else
			unknown_field(reading, node);
	}
}

void reading_open(struct reading *reading)
{
	reading->entries = mem_calloc(READING_ENTRIES, sizeof(*reading->entries));
	open_group(reading, reading->root);
}

void reading_close(struct reading *reading)
{
	free(reading->entries);
	reading->entries = NULL;
	reading->entry_count = 0;
}

static const char *trimmed(const struct node *node, size_t *size)
{
	const char *text = node->text + strspn(node->text, " \t\r\n");

	*size = strlen(text);
	while (*size > 0 && strchr(" \t\r\n", text[*size - 1]) != NULL)
		(*size)--;
	return text;
}

static bool is_empty(const struct node *node)
{
	size_t size;

	if (node->kind != NODE_STRING)
		return false;
	trimmed(node, &size);
	return size == 0;
}

const struct node *reading_find(const struct reading *reading, enum field field)
{
	for (size_t i = 0; i < reading->entry_count; i++)
		if (reading->entries[i].field == field && !is_empty(reading->entries[i].node))
			return reading->entries[i].node;
	return NULL;
}

static void not_text(struct reading *reading, const struct node *node, enum field field)
{
	struct problem *problem = READING_ERROR(reading, node, field, N_("must be text in quotes"));

	/* A longer one may be somebody's telephone number, which no message repeats. */
	if (node->kind == NODE_INTEGER && node->integer >= 0 && node->integer < 1000000000)
		problem_remedy(problem, N_("write \"%lld\""), (long long)node->integer);
	else
		problem_remedy(problem, N_("write it like \"...\""));
}

char *reading_text(struct reading *reading, enum field field, const struct node **node)
{
	const struct node *found = reading_find(reading, field);
	size_t size;

	*node = found;
	if (found == NULL)
		return NULL;
	if (found->kind != NODE_STRING) {
		not_text(reading, found, field);
		return NULL;
	}
	const char *text = trimmed(found, &size);
	return mem_strndup(text, size);
}

static void add_item(struct items *items, const struct node *node, const char *text, size_t size)
{
	while (size > 0 && strchr(" \t\r\n", *text) != NULL)
		text++, size--;
	while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL)
		size--;
	if (size == 0)
		return;
	items->seen++;
	/* One more than are allowed, for the place of the problem: a file may hold a hundred thousand. */
	if (items->count > items->most)
		return;
	items->list = mem_resize(items->list, items->count + 1, sizeof(*items->list));
	items->list[items->count++] = (struct item){.node = node, .text = mem_strndup(text, size)};
}

/* How many bytes a separator takes at `text`, 0 for none. */
static size_t separator(const char *text)
{
	static const char *const marks[] = {"、", "，", "；", ",", ";"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strncmp(text, marks[i], strlen(marks[i])) == 0)
			return strlen(marks[i]);
	return 0;
}

static void add_cut(struct items *items, const struct node *node)
{
	const char *from = node->text, *at = from;

	while (*at != '\0') {
		size_t size = separator(at);
		if (size == 0) {
			at++;
			continue;
		}
		add_item(items, node, from, (size_t)(at - from));
		at += size;
		from = at;
	}
	add_item(items, node, from, (size_t)(at - from));
}

static void add_node(struct reading *reading, enum field field, const struct node *node, bool split,
	struct items *items)
{
	if (node->kind == NODE_STRING && split) {
		add_cut(items, node);
	} else if (node->kind == NODE_STRING) {
		add_item(items, node, node->text, strlen(node->text));
	} else if (node->kind == NODE_LIST) {
		for (const struct node *child = node->first; child != NULL; child = child->next) {
			if (child->kind == NODE_STRING)
				add_item(items, child, child->text, strlen(child->text));
			else
				not_text(reading, child, field);
		}
	} else {
		struct problem *problem = READING_ERROR(reading, node, field, N_("must be a list of texts"));
		problem_remedy(problem, N_("write it like [ \"...\", \"...\" ]"));
	}
}

void reading_items(struct reading *reading, enum field field, bool split, size_t most, struct items *items)
{
	*items = (struct items){.most = most};
	for (size_t i = 0; i < reading->entry_count; i++)
		if (reading->entries[i].field == field)
			add_node(reading, field, reading->entries[i].node, split, items);
	if (items->count <= most)
		return;
	struct problem *problem = READING_ERROR(reading, items->list[most].node, field,
		N_("has %zu entries; at most %zu are allowed"), items->seen, most);
	problem_remedy(problem, N_("leave some out, or write two alerts"));
	for (size_t i = most; i < items->count; i++)
		free(items->list[i].text);
	items->count = most;
}

void items_fini(struct items *items)
{
	for (size_t i = 0; i < items->count; i++)
		free(items->list[i].text);
	free(items->list);
	*items = (struct items){0};
}
