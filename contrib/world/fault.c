#include "world/fault.h"

#include <string.h>

#include "world/chance.h"
#include "world/world.h"

static const struct {
	const char *name, *words;
} table[WORLD_FAULTS] = {
	[WORLD_FAULT_LATENCY] = {"latency", "应答延迟（毫秒）"},
	[WORLD_FAULT_JITTER] = {"jitter", "延迟抖动（毫秒）"},
	[WORLD_FAULT_RECEIPT_LATE] = {"receipt-late", "回执迟到（毫秒）"},
	[WORLD_FAULT_RESET_BEFORE] = {"reset-before", "读取前断开"},
	[WORLD_FAULT_AUTH] = {"auth", "账号停用"},
	[WORLD_FAULT_THROTTLE] = {"throttle", "限流"},
	[WORLD_FAULT_THROTTLE_ODD] = {"throttle-odd", "限流，荒唐的等待"},
	[WORLD_FAULT_ERROR] = {"error", "报错503，未收"},
	[WORLD_FAULT_ERROR_TAKEN] = {"error-taken", "报错503，实收"},
	[WORLD_FAULT_LIE_ERROR] = {"lie-error", "200 却带错误码"},
	[WORLD_FAULT_REFUSE_SOME] = {"refuse-some", "拒收尾号7"},
	[WORLD_FAULT_REFUSE_TEXT] = {"refuse-text", "拒收内容"},
	[WORLD_FAULT_REDIRECT] = {"redirect", "302 转向别处"},
	[WORLD_FAULT_DROP] = {"drop", "答成功却丢弃"},
	[WORLD_FAULT_UNKNOWN_CODE] = {"unknown-code", "未知应答码，实收"},
	[WORLD_FAULT_EMPTY] = {"empty", "应答为空，实收"},
	[WORLD_FAULT_GARBAGE] = {"garbage", "应答乱码，实收"},
	[WORLD_FAULT_WRONG_JSON] = {"wrong-json", "应答换格式，实收"},
	[WORLD_FAULT_HUGE] = {"huge", "应答极大，实收"},
	[WORLD_FAULT_TOO_LONG] = {"too-long", "应答超出声明长度"},
	[WORLD_FAULT_DRIP] = {"drip", "应答每秒一字节"},
	[WORLD_FAULT_HANG_UP] = {"hang-up", "答完即断开"},
	[WORLD_FAULT_HEADERS_ONLY] = {"headers-only", "只答头部即断开"},
	[WORLD_FAULT_STALL] = {"stall", "应答到一半不动"},
	[WORLD_FAULT_HANG] = {"hang", "收下不应答"},
	[WORLD_FAULT_HANG_BEFORE] = {"hang-before", "不收也不应答"},
	[WORLD_FAULT_RESET_AFTER] = {"reset-after", "收下后断开"},
	[WORLD_FAULT_RESET_MIDDLE] = {"reset-middle", "应答中途重置"},
	[WORLD_FAULT_CUT] = {"cut", "应答被截断"},
	[WORLD_FAULT_WRONG_SIZE] = {"wrong-size", "屏幕尺寸不符"},
	[WORLD_FAULT_SHOWS_OTHER] = {"shows-other", "说已播出，实为别的"},
	[WORLD_FAULT_RECEIPT_DOUBLE] = {"receipt-double", "回执重复"},
	[WORLD_FAULT_RECEIPT_MISSING] = {"receipt-missing", "回执丢失"},
	[WORLD_FAULT_RECEIPT_REORDER] = {"receipt-reorder", "回执乱序"},
	[WORLD_FAULT_RECEIPT_WRONG] = {"receipt-wrong", "回执号码错误"},
	[WORLD_FAULT_RECEIPT_FOREIGN] = {"receipt-foreign", "回执张冠李戴"},
	[WORLD_FAULT_RECEIPT_EARLY] = {"receipt-early", "回执先于应答"},
	[WORLD_FAULT_RECEIPT_STRANGE] = {"receipt-strange", "回执状态不明"},
	[WORLD_FAULT_UNDELIVERED] = {"undelivered", "手机收不到"},
	[WORLD_FAULT_CONNECT_HANG] = {"connect-hang", "连接无人应"},
	[WORLD_FAULT_CONNECT_REFUSED] = {"connect-refused", "拒绝连接"},
};

const char *world_fault_name(enum world_fault fault)
{
	return table[fault].name;
}

const char *world_fault_words(enum world_fault fault)
{
	return table[fault].words;
}

enum world_fault world_fault_find(const char *name)
{
	for (unsigned int i = 0; i < WORLD_FAULTS; i++)
		if (strcmp(table[i].name, name) == 0)
			return (enum world_fault)i;
	return WORLD_FAULTS;
}

bool world_fault_is_amount(enum world_fault fault)
{
	return fault <= WORLD_FAULT_RECEIPT_LATE;
}

bool world_fault_is_receipt(enum world_fault fault)
{
	return fault >= WORLD_FAULT_RECEIPT_DOUBLE && fault <= WORLD_FAULT_UNDELIVERED;
}

bool world_fault_is_door(enum world_fault fault)
{
	return fault >= WORLD_FAULT_CONNECT_HANG;
}

bool world_fault_suits(enum world_fault fault, enum world_kind kind)
{
	bool sms = kind == WORLD_KANNEL || kind == WORLD_YUNMAS;

	if (world_fault_is_receipt(fault) || fault == WORLD_FAULT_RECEIPT_LATE || fault == WORLD_FAULT_REFUSE_SOME)
		return sms;
	if (fault == WORLD_FAULT_WRONG_SIZE || fault == WORLD_FAULT_SHOWS_OTHER)
		return kind == WORLD_ONBON;
	if (fault == WORLD_FAULT_THROTTLE_ODD || fault == WORLD_FAULT_REFUSE_TEXT || fault == WORLD_FAULT_REDIRECT)
		return kind != WORLD_ONBON;
	return true;
}

uint64_t world_chance_draw(struct world_chance *chance)
{
	uint64_t x = chance->state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

bool world_chance_fires(struct world_chance *chance, enum world_fault fault)
{
	struct world_switch *on = &chance->switches[fault];

	if (on->next > 0) {
		on->next -= on->next != UINT32_MAX;
		return true;
	}
	return on->permille > 0 && world_chance_draw(chance) % 1000 < on->permille;
}

enum world_fault world_chance_request(struct world_chance *chance)
{
	for (unsigned int i = WORLD_FAULT_AUTH; i < WORLD_FAULT_WRONG_SIZE; i++)
		if (i != WORLD_FAULT_REFUSE_SOME && world_chance_fires(chance, (enum world_fault)i))
			return (enum world_fault)i;
	return WORLD_FAULTS;
}

uint32_t world_chance_latency(struct world_chance *chance)
{
	uint32_t jitter = chance->switches[WORLD_FAULT_JITTER].next;
	uint32_t more = jitter == 0 ? 0 : (uint32_t)(world_chance_draw(chance) % ((uint64_t)jitter + 1));

	return chance->switches[WORLD_FAULT_LATENCY].next + more;
}
