/* The demo's web server: one page, one line of log per visit, on a free port of the loopback. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_PORT = 8080, LAST_PORT = 8179 };

/* Binds the first free port.  Returns the listening socket, or -1 with errno. */
static int open_server(int *port)
{
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	for (*port = FIRST_PORT; *port <= LAST_PORT; (*port)++) {
		const struct sockaddr_in address = {
			.sin_family = AF_INET,
			.sin_port = htons((uint16_t)*port),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		};
		if (bind(server, (const void *)&address, sizeof address) == 0)
			return listen(server, 16) == 0 ? server : -1;
	}
	return -1;
}

static void answer(int client, unsigned long visitor)
{
	char request[4096], page[256], reply[512];

	if (read(client, request, sizeof request) <= 0)
		return;
	int page_size = snprintf(page, sizeof page,
		"<!doctype html><title>holdfast</title><h1>It holds.</h1>"
		"<p>Visitor %lu of the process %ld. Kill it, and look again.</p>\n",
		visitor, (long)getpid());
	int size = snprintf(reply, sizeof reply,
		"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s",
		page_size, page);
	if (write(client, reply, (size_t)size) == size)
		printf("web: visitor %lu\n", visitor);
}

int main(void)
{
	int port = 0;
	int server = open_server(&port);

	if (server < 0) {
		perror("web: no free port");
		return 111;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("web: listening on http://127.0.0.1:%d/\n", port);
	for (unsigned long visitor = 1;; visitor++) {
		int client = accept4(server, NULL, NULL, SOCK_CLOEXEC);
		if (client < 0)
			continue;
		answer(client, visitor);
		close(client);
	}
}
