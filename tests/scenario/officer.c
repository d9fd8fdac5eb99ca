#include "officer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "loop/file.h"

char *officer_alert(const char *id, const char *urgency, const char *more)
{
	return mem_printf(
		"schema = \"fraud-alert/1\"; id = \"%s\"; sender = \"fzzx@ks.example.cn\";\n"
		"fraud_type = \"order-brushing\"; summary = \"一居民做点赞任务被骗，编号%s。\"; loss = \"128000\";\n"
		"audiences = [ \"student\", \"elderly\" ]; areas = [ \"320583\" ]; urgency = \"%s\";\n%s\n"
		"text: { sms = \"%s号提醒：要您先垫钱的都是诈骗。\"; };\n",
		id, id, urgency, more, id);
}

bool officer_hands_over(const struct stage *stage, const char *name, const char *text, bool synced)
{
	char *tmp = mem_printf("%s/spool/tmp/%s", stage->folder.path, name);
	char *new = mem_printf("%s/spool/new/%s", stage->folder.path, name);
	char *folder = mem_printf("%s/spool/new", stage->folder.path);
	int fd = file->open(AT_FDCWD, tmp, O_WRONLY | O_CREAT | O_TRUNC, 0640);
	bool good = fd >= 0 && file_write_all(fd, text, strlen(text)) == 0 && (!synced || file->fsync(fd) == 0);

	if (fd >= 0)
		file->close(fd);
	good = good && file->rename(AT_FDCWD, tmp, AT_FDCWD, new) == 0;
	fd = good && synced ? file->open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, 0) : -1;
	if (good && synced)
		good = file->fsync(fd) == 0;
	if (fd >= 0)
		file->close(fd);
	free(tmp);
	free(new);
	free(folder);
	return good;
}

char *officer_notes(void)
{
	struct buf text;

	buf_init(&text, 8192);
	buf_add_text(&text,
		"对象：学生、老年人\n紧急程度：立即\n手法：先给小额返利，再要求垫资。\n案情：一居民做点赞任务被骗");
	while (text.size < 1400)
		buf_add_text(&text, "，对方先给小额返利再要求垫资");
	buf_add_text(&text, "。\n类型：刷单返利\n");
	return buf_take(&text);
}
