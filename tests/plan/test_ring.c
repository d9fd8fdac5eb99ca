/* Alerts taking turns, beside a plain list that does the same slowly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "plan/ring.h"

enum { RINGS = 3, ALERTS = 40, NODES = 300, STEPS = 20000 };

/* The same kept as an array of alerts in the order of their turns, each with its nodes. */
struct model {
	struct {
		uint32_t alert;
		struct ring_node *nodes[NODES];
		size_t count;
	} turns[ALERTS];
	size_t count;
};

static size_t place_of(const struct model *model, uint32_t alert)
{
	size_t at = 0;

	while (at < model->count && model->turns[at].alert != alert)
		at++;
	return at;
}

static void model_put(struct model *model, struct ring_node *node)
{
	size_t at = place_of(model, node->alert);

	if (at == model->count) {
		model->turns[at].alert = node->alert;
		model->turns[at].count = 0;
		model->count++;
	}
	model->turns[at].nodes[model->turns[at].count++] = node;
}

static void model_take(struct model *model, struct ring_node *node)
{
	size_t at = place_of(model, node->alert), k = 0;

	while (model->turns[at].nodes[k] != node)
		k++;
	memmove(&model->turns[at].nodes[k], &model->turns[at].nodes[k + 1],
		(model->turns[at].count - k - 1) * sizeof(struct ring_node *));
	if (--model->turns[at].count == 0)
		memmove(&model->turns[at], &model->turns[at + 1], (--model->count - at) * sizeof(model->turns[0]));
}

static void model_turn(struct model *model)
{
	static struct model before;

	before = *model;
	for (size_t i = 0; i < model->count; i++)
		model->turns[i] = before.turns[(i + 1) % model->count];
}

static void rings_do_what_plain_lists_do(void **state)
{
	static struct model models[RINGS];
	static struct ring_node nodes[NODES];
	static bool inside[NODES];
	struct rings rings;
	uint32_t random = 5;

	rings_init(&rings);
	assert_int_equal(rings_add(&rings, 1), 0);
	assert_int_equal(rings_add(&rings, RINGS - 1), 1);
	for (uint32_t i = 0; i < NODES; i++) {
		nodes[i].ring = i % RINGS;
		nodes[i].alert = i * 7 % ALERTS;
	}
	for (int step = 0; step < STEPS; step++) {
		random = random * 1103515245 + 12345;
		uint32_t which = (random >> 8) % NODES, ring = nodes[which].ring;
		if (random >> 30 == 0 && models[ring].count > 0) {
			ring_turn(&rings, ring);
			model_turn(&models[ring]);
		} else if (inside[which]) {
			ring_take(&rings, &nodes[which]);
			model_take(&models[ring], &nodes[which]);
			inside[which] = false;
		} else {
			ring_put(&rings, &nodes[which]);
			model_put(&models[ring], &nodes[which]);
			inside[which] = true;
		}
		for (ring = 0; ring < RINGS; ring++)
			assert_ptr_equal(ring_first(&rings, ring),
				models[ring].count > 0 ? models[ring].turns[0].nodes[0] : NULL);
	}
	rings_fini(&rings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rings_do_what_plain_lists_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
