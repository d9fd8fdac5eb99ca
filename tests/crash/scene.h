#ifndef CRASH_SCENE_H
#define CRASH_SCENE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "testing/folder.h"

/*
 * Real processes on loopback: the pretend world as a child, a daemon as another that dies often, and the operator's
 * command. Everything lives in a folder of its own, on ports that the system gave or an address that is nobody else's;
 * every wait ends; every child is ended by its number, and dies with this process.
 */
struct scene {
	struct folder folder;
	pid_t world, daemon;
	char gateway[128]; /* the Kannel gateway's address */
	char control[128]; /* of the world: address:port */
	char address[24]; /* of the daemon */
};

/* Starts the world with further options (ended by NULL); fails the test when it does not come up. */
void scene_open(struct scene *scene, const char *const *options);

/* Ends every child and removes the folder. Twice does no harm. */
void scene_close(struct scene *scene);

/* Writes crierd.conf below `name` ("" or a folder with a slash): one Kannel gateway with these further settings. */
void scene_config(const struct scene *scene, const char *name, const char *settings);

/* A list of `people` residents, all of them in audience all, as the file people.csv. Returns its path. */
const char *scene_people(const struct scene *scene, unsigned int people);

/* Starts a program as the daemon, its words in the file daemon.log. */
void scene_start(struct scene *scene, const char *const *argv);

/* Ends it: SIGKILL. Waits until it is gone. */
void scene_kill(struct scene *scene);

/* Waits for its own end, so many milliseconds at most. Returns what waitpid says, -1 while it lives. */
int scene_wait(struct scene *scene, unsigned int most_ms);

/* True while it lives. */
bool scene_lives(struct scene *scene);

/* Lets real milliseconds pass. */
void scene_pause(unsigned int ms);

/*
 * Runs the operator's command for the daemon below `name`, with these arguments (ended by NULL), and returns its exit code;
 * it must end in a minute. Its words go to the file crier.log.
 */
int scene_crier(const struct scene *scene, const char *name, const char *const *args);

/* An order through the control socket below `name`; NULL while nobody answers there, or when it was refused. */
json_t *scene_ask(const struct scene *scene, const char *name, const char *command, json_t *args);

/* The sums of an alert's residents, waited for until there are some; fails when none come in a minute. */
json_t *scene_sums(struct scene *scene, const char *name, const char *id);

/* What the world counted, and telling it to forget. */
json_t *scene_world(const struct scene *scene);
bool scene_receipts_over(const struct scene *scene); /* every receipt was handed over, or given up */
void scene_world_forget(const struct scene *scene);

/* A member of an object as a number, 0 where there is none. */
long long scene_number(const json_t *object, const char *key);

#endif
