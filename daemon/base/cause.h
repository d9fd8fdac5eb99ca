#ifndef BASE_CAUSE_H
#define BASE_CAUSE_H

/*
 * Why the system refused a call, by its errno, in English that the catalogues hold: strerror() knows one language only,
 * and people read two. What hardly ever happens to them has strerror()'s words.
 */
const char *cause_text(int error);

#endif
