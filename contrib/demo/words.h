#ifndef DEMO_WORDS_H
#define DEMO_WORDS_H

#include "cli/speak.h"

/* The demo's own words stand in pairs where they are used: they are no part of the product's catalogues. */
#define WORDS(zh, en) (speak_lang() == LANG_ZH ? (zh) : (en))

#endif
