/* An hour with each lie that a yunmas gateway can tell: lies.h says what must hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lies.h"

static struct stage stage;

static int tear_down(void **state)
{
	stage_close(&stage);
	return 0;
}

static void a_yunmas_gateway_may_do_anything_for_an_hour(void **state)
{
	lies_live_through_all(&stage, "yunmas");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_yunmas_gateway_may_do_anything_for_an_hour, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
