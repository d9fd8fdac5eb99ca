#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include <stddef.h>

/* A file of the source tree compiled into the program: data of conf/data, templates, message catalogues. */
struct embed_file {
	const char *path; /* relative to the project, such as "templates/zh/sms/all/order-brushing.mustache" */
	const unsigned char *data; /* a zero follows the last byte */
	size_t size;
};

/* Sorted by path; the last row has path NULL. Written at build time by contrib/cmake/embed.sh. */
extern const struct embed_file embed_shipped[];

/* The file with exactly this path, or NULL. */
const struct embed_file *embed_find(const char *path);

/* The first file whose path begins with `prefix`, or NULL; the following rows go on from there. */
const struct embed_file *embed_first(const char *prefix);

#endif
