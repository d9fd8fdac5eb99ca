/*
 * Roster files from anywhere: encoding, CSV, header and lines, all that an import does before it stores. What is taken
 * must be within what the store expects.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/phone.h"
#include "base/require.h"
#include "roster/header.h"
#include "roster/line.h"
#include "roster/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_lines(struct reader *reader, const struct header *header)
{
	struct roster_import order = {.default_area = "320583"};
	struct line_reader line;
	struct reader_row row;

	line_init(&line, &order, header, reader, 2026);
	while (reader_next(reader, &row) == RESULT_OK) {
		struct line_result result;
		if (row.found == CSV_RECORD && csv_blank(&row.csv))
			continue;
		line_read(&line, &row, &result);
		if (!result.taken) {
			REQUIRE(strlen(result.masked) < sizeof(result.masked));
			REQUIRE(roster_reject_text(result.reason) != NULL);
			continue;
		}
		REQUIRE(phone_assigned(result.record.phone));
		REQUIRE(result.record.year == 0 || (result.record.year >= 1900 && result.record.year <= 2026));
		REQUIRE(result.record.area >= 1 && names_get(&line.areas, result.record.area) != NULL);
		REQUIRE(result.record.roles == 0 || names_get(&line.role_sets, result.record.roles) != NULL);
	}
	line_fini(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems problems;
	struct header header;
	struct reader *reader = NULL;

	if (size < 1)
		return 0;
	int fd = memfd_create("roster", 0);
	if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
		abort();
	problems_init(&problems);
	if (reader_open(fd, "in.csv", &reader, &problems) == RESULT_OK) {
		if (header_read(&header, reader, "in.csv", data[0] % 2 == 0, &problems) == RESULT_OK)
			read_lines(reader, &header);
		else
			REQUIRE(problems.errors > 0);
		header_fini(&header);
	}
	reader_close(&reader);
	problems_fini(&problems);
	close(fd);
	return 0;
}
