#include "scene.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"

enum { STEP_MS = 10, MINUTE_MS = 60000, ANSWER_MOST = 16 << 20 };

void scene_pause(unsigned int ms)
{
	poll(NULL, 0, (int)ms);
}

static void built(const char *name, char path[512])
{
	const char *build = getenv("CRIER_BUILD");

	if (build == NULL)
		fail_msg("CRIER_BUILD does not say where the programs are");
	snprintf(path, 512, "%s/%s", build, name);
}

/* A child that ends with us, its words in a file, or its first words in *out. */
static pid_t spawn(const char *const *argv, const char *log, int *out)
{
	int ends[2] = {-1, -1};

	if (out != NULL && pipe2(ends, O_CLOEXEC) != 0)
		fail_msg("pipe: %s", strerror(errno));
	pid_t parent = getpid(), child = fork();
	if (child < 0)
		fail_msg("fork: %s", strerror(errno));
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(127);
		int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		dup2(out != NULL ? ends[1] : fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (out != NULL) {
		close(ends[1]);
		*out = ends[0];
	}
	return child;
}

/* Reads on until `until` was read, the other side ends, or a minute without a byte has passed. */
static void read_until(int fd, const char *until, struct buf *in)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char chunk[16384];
	ssize_t got;

	while (strstr(buf_text(in), until) == NULL && poll(&p, 1, MINUTE_MS) > 0 &&
		(got = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(in, chunk, (size_t)got);
}

/* What stands behind `name` on its line. */
static void line_of(const char *text, const char *name, char *to, size_t room)
{
	const char *line = strstr(text, name);

	if (line == NULL)
		fail_msg("the world did not say %s, only: %s", name, text);
	line += strlen(name);
	snprintf(to, room, "%.*s", (int)strcspn(line, "\r\n"), line);
}

void scene_open(struct scene *scene, const char *const *options)
{
	char program[512];
	struct buf words;
	int out;

	memset(scene, 0, sizeof(*scene));
	setenv("TZ", "Asia/Shanghai", 1);
	folder_make(&scene->folder);
	snprintf(scene->address, sizeof(scene->address), "127.%d.%d.%d", 128 + getpid() / 65536 % 64,
		getpid() / 256 % 256, 1 + getpid() % 254);
	built("contrib/world/crier-world", program);
	const char *argv[16] = {program, "--quiet", "--password", "s3cret"};
	for (size_t count = 4; *options != NULL && count < 15; options++)
		argv[count++] = *options;
	scene->world = spawn(argv, folder_at(&scene->folder, "world.log"), &out);
	buf_init(&words, 65536);
	read_until(out, "ready=1", &words);
	close(out);
	line_of(buf_text(&words), "city-sms=", scene->gateway, sizeof(scene->gateway));
	line_of(buf_text(&words), "page=http://", scene->control, sizeof(scene->control));
	scene->control[strcspn(scene->control, "/")] = '\0';
	buf_fini(&words);
}

static void end(pid_t *child)
{
	if (*child > 0) {
		kill(*child, SIGKILL);
		waitpid(*child, NULL, 0);
	}
	*child = 0;
}

void scene_close(struct scene *scene)
{
	size_t size;

	if (scene->folder.path[0] == '\0')
		return;
	end(&scene->daemon);
	end(&scene->world);
	if (getenv("SCENE_LOG") != NULL) {
		char *log = folder_read(&scene->folder, "daemon.log", &size);
		fputs(log != NULL ? log : "", stderr);
		free(log);
	}
	folder_remove(&scene->folder);
	scene->folder.path[0] = '\0';
}

static const char *below(const struct scene *scene, const char *name, const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s", name, file);
	return folder_at(&scene->folder, path);
}

void scene_config(const struct scene *scene, const char *name, const char *settings)
{
	char text[4096], path[128];

	snprintf(text, sizeof(text),
		"site: { name = \"测试反诈中心\"; signature = \"玉山反诈\"; sender = \"fzzx@ks.example.cn\"; area = \"320583\"; };\n"
		"paths: { spool = \"spool\"; state = \"state\"; control = \"control.sock\"; };\n"
		"listen: { address = \"%s\"; port = 20581; };\n"
		"areas: ( { code = \"320583100\"; name = \"玉山镇\"; } );\n"
		"channels: ( { name = \"sms\"; kind = \"sms-kannel\"; url = \"%s\"; user = \"crier\";"
		" password_file = \"password\"; %s } );\n",
		scene->address, scene->gateway, settings);
	snprintf(path, sizeof(path), "%scrierd.conf", name);
	folder_write_text(&scene->folder, path, text);
	snprintf(path, sizeof(path), "%spassword", name);
	folder_write_text(&scene->folder, path, "s3cret\n");
	chmod(folder_at(&scene->folder, path), 0600);
}

const char *scene_people(const struct scene *scene, unsigned int people)
{
	const char *path = folder_at(&scene->folder, "people.csv");
	FILE *file = fopen(path, "w");

	if (file == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	fputs("phone,birth_year,roles,area\n", file);
	for (unsigned int i = 0; i < people; i++)
		fprintf(file, "138%08u,1980,,320583100\n", i);
	fclose(file);
	return path;
}

void scene_start(struct scene *scene, const char *const *argv)
{
	scene->daemon = spawn(argv, folder_at(&scene->folder, "daemon.log"), NULL);
}

void scene_kill(struct scene *scene)
{
	end(&scene->daemon);
}

bool scene_lives(struct scene *scene)
{
	if (scene->daemon > 0 && waitpid(scene->daemon, NULL, WNOHANG) != 0)
		scene->daemon = 0;
	return scene->daemon > 0;
}

static int await(pid_t *child, unsigned int most_ms)
{
	int status = 0;

	for (unsigned int waited = 0; waited < most_ms; waited += STEP_MS) {
		pid_t gone = waitpid(*child, &status, WNOHANG);
		if (gone != 0) {
			*child = 0;
			return status;
		}
		scene_pause(STEP_MS);
	}
	return -1;
}

int scene_wait(struct scene *scene, unsigned int most_ms)
{
	return await(&scene->daemon, most_ms);
}

int scene_crier(const struct scene *scene, const char *name, const char *const *args)
{
	char program[512], config[256];
	const char *argv[16] = {program, "-c", config};
	size_t count = 3;

	built("daemon/crier", program);
	snprintf(config, sizeof(config), "%s", below(scene, name, "crierd.conf"));
	while (*args != NULL && count < 15)
		argv[count++] = *args++;
	pid_t child = spawn(argv, folder_at(&scene->folder, "crier.log"), NULL);
	int status = await(&child, MINUTE_MS);
	if (status == -1) {
		end(&child);
		fail_msg("crier %s did not end within a minute", args[-1]);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool send_all(int fd, const char *text)
{
	size_t size = strlen(text);
	ssize_t sent;

	for (; size > 0; text += sent, size -= (size_t)sent)
		if ((sent = send(fd, text, size, MSG_NOSIGNAL)) <= 0)
			return false;
	return true;
}

/* The last whole line with a result or an error. */
static json_t *last_answer(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	json_t *result = NULL;
	struct buf in;
	char byte;

	buf_init(&in, ANSWER_MOST);
	while (poll(&p, 1, MINUTE_MS) > 0 && read(fd, &byte, 1) == 1) {
		buf_add_byte(&in, (unsigned char)byte);
		if (byte != '\n')
			continue;
		json_t *line = json_loadb(buf_text(&in), in.size, 0, NULL);
		bool last = json_object_get(line, "result") != NULL || json_object_get(line, "error") != NULL;
		result = json_incref(json_object_get(line, "result"));
		json_decref(line);
		if (last)
			break;
		buf_clear(&in);
	}
	buf_fini(&in);
	return result;
}

json_t *scene_ask(const struct scene *scene, const char *name, const char *command, json_t *args)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	json_t *request = json_pack("{s:s, s:o}", "command", command, "args", args != NULL ? args : json_object());
	char *text = json_dumps(request, JSON_COMPACT);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	json_t *result = NULL;

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", below(scene, name, "control.sock"));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && send_all(fd, text) && send_all(fd, "\n"))
		result = last_answer(fd);
	close(fd);
	free(text);
	json_decref(request);
	return result;
}

json_t *scene_sums(struct scene *scene, const char *name, const char *id)
{
	for (unsigned int waited = 0; waited < MINUTE_MS; waited += STEP_MS) {
		json_t *alert = scene_ask(scene, name, "report", json_pack("{s:s}", "id", id));
		json_t *sums = json_incref(json_object_get(json_object_get(alert, "sums"), "residents"));
		json_decref(alert);
		if (sums != NULL)
			return sums;
		if (!scene_lives(scene))
			fail_msg("the daemon has died by itself");
		scene_pause(STEP_MS);
	}
	fail_msg("there is no alert %s", id);
	return NULL;
}

/* A request to the world's own port; the answer's body, to be freed. */
static char *talk_to_world(const struct scene *scene, const char *request)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	char host[64];
	struct buf in;

	snprintf(host, sizeof(host), "%.*s", (int)strcspn(scene->control, ":"), scene->control);
	inet_pton(AF_INET, host, &at.sin_addr);
	at.sin_port = htons((uint16_t)atoi(strchr(scene->control, ':') + 1));
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || !send_all(fd, request))
		fail_msg("the world does not answer: %s", strerror(errno));
	buf_init(&in, ANSWER_MOST);
	read_until(fd, "\001", &in); /* to the end */
	close(fd);
	const char *body = strstr(buf_text(&in), "\r\n\r\n");
	char *copy = body != NULL ? strdup(body + 4) : NULL;
	buf_fini(&in);
	return copy;
}

json_t *scene_world(const struct scene *scene)
{
	char *body = talk_to_world(scene, "GET /report HTTP/1.1\r\nHost: world\r\nConnection: close\r\n\r\n");
	json_t *report = body != NULL ? json_loads(body, 0, NULL) : NULL;

	free(body);
	if (report == NULL)
		fail_msg("the world's report is none");
	return report;
}

bool scene_receipts_over(const struct scene *scene)
{
	json_t *world = scene_world(scene), *totals = json_object_get(world, "totals");
	bool over = scene_number(totals, "receipts_due") ==
		scene_number(totals, "receipts_sent") + scene_number(totals, "receipts_lost");

	json_decref(world);
	return over;
}

void scene_world_forget(const struct scene *scene)
{
	free(talk_to_world(scene,
		"POST /control HTTP/1.1\r\nHost: world\r\nConnection: close\r\nContent-Type: application/json\r\n"
		"Content-Length: 14\r\n\r\n{\"reset\":true}"));
}

long long scene_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}
