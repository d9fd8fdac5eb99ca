#include "testing/people.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "roster/import.h"

void people_import(const char *state, const char *csv)
{
	struct problems problems;
	struct roster_totals totals;
	struct roster_import order = {.state = state,
		.fd = open(csv, O_RDONLY | O_CLOEXEC),
		.file = "people.csv",
		.list = "all",
		.source = "test",
		.basis = "test",
		.reject_fd = -1,
		.now_ms = clock_wall_ms()};

	problems_init(&problems);
	if (roster_import(&order, &totals, &problems) != RESULT_OK)
		fail_msg("import: %s", problems.count > 0 ? problems.list[0].reason[LANG_EN] : "?");
	roster_totals_fini(&totals);
	problems_fini(&problems);
	close(order.fd);
}
