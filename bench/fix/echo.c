/* The floor: sends back whatever arrives. Prints its port; serves one connection after the other. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static char bytes[1 << 20];

static void serve(int peer) {
  int on = 1;
  setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  for (ssize_t have; (have = recv(peer, bytes, sizeof bytes, 0)) > 0;)
    for (ssize_t sent = 0; sent < have;) {
      ssize_t n = send(peer, bytes + sent, (size_t)(have - sent), MSG_NOSIGNAL);
      if (n < 0) return;
      sent += n;
    }
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0) {
    perror("echo");
    return 1;
  }
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int peer = accept(listener, NULL, NULL);
    if (peer < 0) return 1;
    serve(peer);
    close(peer);
  }
}
