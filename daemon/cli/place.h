#ifndef CLI_PLACE_H
#define CLI_PLACE_H

/*
 * Where the daemon is: the configuration that the operator means, and from it the socket and the folder. Only these two
 * values and the site's time zone (which becomes this process's) are read; whether the rest is right is `crierd --check`'s to say.
 */
struct place_of_daemon {
	char *config; /* path of the configuration */
	char *socket; /* paths.control, absolute */
	char *spool; /* paths.spool, absolute */
};

/*
 * `config` is the argument of -c or NULL: then $CRIER_CONF, then the system's file. Returns 0, or an exit status after
 * having said why on stderr.
 */
int place_find(const char *config, struct place_of_daemon *place);
void place_fini(struct place_of_daemon *place);

#endif
