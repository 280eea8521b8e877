// SPDX-License-Identifier: GPL-2.0
/*
 * Makes one system call and prints the name of the errno that it fails with, or 0. The tests
 * compare errnos, and a shell only knows the text of a message, which each program words otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char usage[] =
	"usage: errno write FILE VALUE           writes VALUE and a newline to FILE\n"
	"       errno load FILE [PARAMETER...]   loads the kernel module in FILE\n"
	"       errno unload MODULE              unloads a kernel module\n"
	"These print 0, or the name of the errno.\n"
	"       errno number NAME                prints the number of that errno\n";

static int write_file(const char *file, const char *value)
{
	size_t left = strlen(value) + 1;
	char *text = malloc(left + 1);
	int fd;

	if (!text)
		return errno;
	sprintf(text, "%s\n", value);
	fd = open(file, O_WRONLY);
	if (fd < 0)
		return errno;
	while (left) {
		ssize_t done = write(fd, text, left);

		if (done < 0)
			return errno;
		text += done;
		left -= done;
	}
	return 0;
}

/* MODULE_INIT_COMPRESSED_FILE in <linux/module.h> */
#define COMPRESSED 4

static int is_compressed(const char *file)
{
	return !strstr(file, ".ko") || strcmp(strstr(file, ".ko"), ".ko");
}

/* The kernel wants the parameters as one string. */
static int load(const char *file, char **parameters)
{
	char text[4096] = "";
	int fd;

	for (; *parameters; parameters++) {
		if (strlen(text) + strlen(*parameters) + 2 > sizeof(text))
			return E2BIG;
		strcat(text, *parameters);
		strcat(text, " ");
	}
	fd = open(file, O_RDONLY);
	if (fd < 0)
		return errno;
	if (syscall(SYS_finit_module, fd, text, is_compressed(file) ? COMPRESSED : 0))
		return errno;
	return 0;
}

/* As rmmod does: a module that is in use is an error, and nothing to wait for. */
static int unload(const char *module)
{
	return syscall(SYS_delete_module, module, O_NONBLOCK) ? errno : 0;
}

static int print_number(const char *name)
{
	const int max_errno = 4095;

	for (int err = 1; err <= max_errno; err++) {
		const char *other = strerrorname_np(err);

		if (other && !strcmp(name, other)) {
			printf("%d\n", err);
			return 0;
		}
	}
	fprintf(stderr, "errno: there is no errno %s\n", name);
	return 1;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	int err;

	if (!strcmp(what, "number") && argc == 3)
		return print_number(argv[2]);

	if (!strcmp(what, "write") && argc == 4) {
		err = write_file(argv[2], argv[3]);
	} else if (!strcmp(what, "load")) {
		err = load(argv[2], argv + 3);
	} else if (!strcmp(what, "unload") && argc == 3) {
		err = unload(argv[2]);
	} else {
		fputs(usage, stderr);
		return 2;
	}
	if (!err)
		puts("0");
	else if (strerrorname_np(err))
		puts(strerrorname_np(err));
	else
		printf("errno %d\n", err);
	return 0;
}
