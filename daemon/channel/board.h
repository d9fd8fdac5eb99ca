#ifndef CHANNEL_BOARD_H
#define CHANNEL_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "flow/batch.h"

/*
 * What a sign should show at a moment, from the alerts and slogans it was given: pure, for any protocol. An
 * alert owns the sign during its takeover, then rotates with the slogans until its end. All texts that fit
 * are one face that the sign loops by itself; what does not fit is shown page after page. Room is counted in
 * the bytes of the sign's own encoding.
 */
#define BOARD_ALERTS_MOST    32
#define BOARD_SLOGANS_MOST   200
#define BOARD_SEPARATOR      "　　" /* between two texts of one face */
#define BOARD_SEPARATOR_SIZE 4

struct board_alert {
	struct batch_name batch;
	char *text; /* UTF-8 */
	size_t size;
	int64_t until_ms, takeover_until_ms; /* wall */
	/*
	 * the sign's own marks: is it in the face under way, in the one the peer has, was it read back there
	 */
	bool sending, told, shown;
};

struct board {
	struct board_alert alerts[BOARD_ALERTS_MOST];
	size_t alert_count;
	char **slogans;
	size_t slogan_sizes[BOARD_SLOGANS_MOST];
	size_t slogan_count;
	/* set by the owner, may change: bytes that one face holds; how long a pass of a page takes */
	size_t room;
	uint32_t pass_base_ms, pass_byte_ms;
};

enum board_mode {
	BOARD_NOTHING,
	BOARD_STRIP, /* beside the owner's programme */
	BOARD_TAKEOVER, /* alone */
};

struct board_face {
	enum board_mode mode;
	char *text; /* UTF-8, NULL for BOARD_NOTHING; freed by board_face_fini */
	uint32_t alerts; /* a bit for each place in `alerts` whose text is in it */
	int64_t holds_until_ms; /* wall; ask again then. INT64_MAX: until something is added or removed */
	int64_t takeover_end_ms; /* BOARD_TAKEOVER: wall */
};

void board_init(struct board *board, size_t room, uint32_t pass_base_ms, uint32_t pass_byte_ms);
void board_fini(struct board *board);

/*
 * Adds an alert, or replaces the one of the same alert and lane. RESULT_TOO_BIG: alone it is longer than the
 * room; RESULT_BUSY: too many alerts at once.
 */
enum result board_show(struct board *board, const struct batch *batch, const char *text, size_t size);

/* Takes all texts of an alert down. */
void board_clear(struct board *board, uint32_t alert);

/* Takes down what exactly this batch brought, if it is there. */
void board_forget(struct board *board, struct batch_name batch);

/* Takes down what has ended. */
void board_expire(struct board *board, int64_t wall_ms);

/*
 * These slogans from now on (copied). RESULT_TOO_BIG: one alone is too long, or they are too many; the old
 * ones stay.
 */
enum result board_playlist(struct board *board, char *const *slogans, const size_t *sizes);

/* What should show now. Free with board_face_fini. */
void board_face(const struct board *board, int64_t wall_ms, struct board_face *face);
void board_face_fini(struct board_face *face);

const char *board_mode_name(enum board_mode mode);

#endif
