/*
 * A raw FIX 4.4 client: messages are made once and patched in place, so that the server is what is measured.
 *
 *   client PORT SENDER TARGET ACCOUNT SYMBOL MIC PRICE
 *
 * Logs on, then takes one request a line and answers with one line of JSON:
 *   latency N     N orders, one in flight     {"p50":µs,"p99":µs}
 *   window W N    N orders, W in flight       {"perSecond":n}
 * Every answer must be an accepting execution report (or the order itself, from an echo) for the next ClOrdID in order;
 * anything else ends the run with exit 1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ORDER_BYTES_MAX 512
#define WINDOW_MAX 4096
#define ORDERS_MAX 2000000
#define ID_DIGITS 10
#define SEQ_DIGITS 9
#define SILENCE_SECONDS 20

static int fd;
static char order[ORDER_BYTES_MAX];
static size_t order_length;
/* Where the parts stand that differ from order to order. */
static size_t seq_at, id_at, sending_at, transact_at;
static unsigned long next_seq = 2, next_id = 1, expected_id = 1;

static char in[1 << 22];
static size_t in_start, in_end;
static char out[WINDOW_MAX * ORDER_BYTES_MAX];
static double latency[ORDERS_MAX];
static cpu_set_t all_processors;

static void fail(const char *what, const char *message, size_t length) {
  fprintf(stderr, "client: %s: ", what);
  for (size_t i = 0; i < length; i++) fputc(message[i] == 1 ? '|' : message[i], stderr);
  fputc('\n', stderr);
  exit(1);
}

static double now_micros(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void put_digits(char *at, unsigned long value, int digits) {
  for (int i = digits - 1; i >= 0; i--, value /= 10) at[i] = (char)('0' + value % 10);
}

/* YYYYMMDD-HH:MM:SS.sss; the part down to the second is kept until it changes. */
static void put_time(char *at) {
  static time_t second = -1;
  static char text[32];
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  if (t.tv_sec != second) {
    struct tm utc;
    gmtime_r(&t.tv_sec, &utc);
    strftime(text, sizeof text, "%Y%m%d-%H:%M:%S.", &utc);
    second = t.tv_sec;
  }
  memcpy(at, text, 18);
  put_digits(at + 18, (unsigned long)(t.tv_nsec / 1000000), 3);
}

static void put_checksum(char *message, size_t length) {
  unsigned sum = 0;
  for (size_t i = 0; i < length - 7; i++) sum += (unsigned char)message[i];
  put_digits(message + length - 4, sum & 255, 3);
}

/* Frames a body (from 35= on) with BodyLength and an empty CheckSum. */
static size_t frame(char *to, const char *body) {
  int length = snprintf(to, ORDER_BYTES_MAX, "8=FIX.4.4\0019=%zu\001%s10=000\001", strlen(body), body);
  if (length >= ORDER_BYTES_MAX) fail("too long", body, strlen(body));
  return (size_t)length;
}

static void send_all(const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);
    if (n < 0) fail("send", strerror(errno), strlen(strerror(errno)));
    bytes += n;
    length -= (size_t)n;
  }
}

static void receive_some(void) {
  if (in_start == in_end) in_start = in_end = 0;
  if (in_end == sizeof in) {
    memmove(in, in + in_start, in_end - in_start);
    in_end -= in_start;
    in_start = 0;
  }
  ssize_t n = recv(fd, in + in_end, sizeof in - in_end, 0);
  if (n == 0) fail("the server closed the connection", "", 0);
  if (n < 0) fail("no answer", strerror(errno), strlen(strerror(errno)));
  in_end += (size_t)n;
}

/* The next complete message, or NULL. */
static char *next_message(size_t *length) {
  char *at = in + in_start;
  size_t have = in_end - in_start;
  if (have < 20) return NULL;
  if (memcmp(at, "8=FIX.4.4\0019=", 12) != 0) fail("not FIX 4.4", at, 20);
  size_t i = 12, body = 0;
  while (i < have && at[i] != 1) body = body * 10 + (size_t)(at[i++] - '0');
  if (i == have || have < i + 1 + body + 7) return NULL;
  *length = i + 1 + body + 7;
  in_start += *length;
  return at;
}

static char *field(char *message, size_t length, const char *tag) {
  char *at = memmem(message, length, tag, strlen(tag));
  return at == NULL ? NULL : at + strlen(tag);
}

/* Whether it answers an order; that it accepts the one that is due is made sure of. */
static int answers_order(char *message, size_t length) {
  char *type = field(message, length, "\00135=");
  if (type == NULL) fail("no MsgType", message, length);
  if (type[0] == '0' || type[0] == '1') return 0;
  if (type[0] != '8' && type[0] != 'D') fail("unexpected message", message, length);
  if (type[0] == '8') {
    char *exec = field(message, length, "\001150=");
    if (exec == NULL || (*exec != 'A' && *exec != '0')) fail("not accepted", message, length);
  }
  char *id = field(message, length, "\00111=");
  char expected[ID_DIGITS + 1];
  put_digits(expected, expected_id, ID_DIGITS);
  if (id == NULL || memcmp(id, expected, ID_DIGITS) != 0) fail("another ClOrdID was due", message, length);
  expected_id++;
  return 1;
}

static size_t make_orders(unsigned long count) {
  char *to = out;
  put_time(order + sending_at);
  memcpy(order + transact_at, order + sending_at, 21);
  for (unsigned long n = 0; n < count; n++) {
    put_digits(order + seq_at, next_seq++, SEQ_DIGITS);
    put_digits(order + id_at, next_id++, ID_DIGITS);
    put_checksum(order, order_length);
    memcpy(to, order, order_length);
    to += order_length;
  }
  return (size_t)(to - out);
}

static unsigned long await_answers(void) {
  for (;;) {
    unsigned long found = 0;
    size_t length;
    for (char *message; (message = next_message(&length)) != NULL;) found += (unsigned long)answers_order(message, length);
    if (found > 0) return found;
    receive_some();
  }
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* One in flight, client and server take turns: waking another processor each time would cost more than either. */
static void stay(int here) {
  cpu_set_t processors;
  if (here) {
    sched_getaffinity(0, sizeof all_processors, &all_processors);
    CPU_ZERO(&processors);
    CPU_SET(sched_getcpu(), &processors);
  } else processors = all_processors;
  sched_setaffinity(0, sizeof processors, &processors);
}

static void run_latency(unsigned long count) {
  stay(1);
  for (unsigned long n = 0; n < count; n++) {
    size_t length = make_orders(1);
    double begun = now_micros();
    send_all(out, length);
    await_answers();
    latency[n] = now_micros() - begun;
  }
  stay(0);
  qsort(latency, count, sizeof *latency, ascending);
  printf("{\"p50\":%.2f,\"p99\":%.2f}\n", latency[count / 2], latency[count * 99 / 100]);
}

static void run_window(unsigned long window, unsigned long count) {
  double begun = now_micros();
  unsigned long sent = window < count ? window : count, answered = 0;
  send_all(out, make_orders(sent));
  while (answered < count) {
    unsigned long found = await_answers();
    answered += found;
    unsigned long more = found < count - sent ? found : count - sent;
    if (more > 0) send_all(out, make_orders(more));
    sent += more;
  }
  printf("{\"perSecond\":%.0f}\n", (double)count / (now_micros() - begun) * 1e6);
}

static void prepare(char **argv) {
  const char *sender = argv[2], *target = argv[3];
  char body[ORDER_BYTES_MAX];
  snprintf(body, sizeof body,
           "35=D\00149=%s\00156=%s\00134=%0*d\00152=00000000-00:00:00.000\00111=%0*d\0011=%s\00155=%s\001207=%s\00154=1\00177=O\001"
           "60=00000000-00:00:00.000\00138=100\00140=2\00144=%s\00159=0\001",
           sender, target, SEQ_DIGITS, 0, ID_DIGITS, 0, argv[4], argv[5], argv[6], argv[7]);
  order_length = frame(order, body);
  seq_at = (size_t)(field(order, order_length, "\00134=") - order);
  id_at = (size_t)(field(order, order_length, "\00111=") - order);
  sending_at = (size_t)(field(order, order_length, "\00152=") - order);
  transact_at = (size_t)(field(order, order_length, "\00160=") - order);
}

static void dial(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  fd = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1, room = 4 << 20;
  struct timeval silence = {.tv_sec = SILENCE_SECONDS};
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect", strerror(errno), strlen(strerror(errno)));
}

static void log_on(char **argv) {
  char message[ORDER_BYTES_MAX], body[ORDER_BYTES_MAX - 64];
  snprintf(body, sizeof body, "35=A\00149=%s\00156=%s\00134=1\00152=00000000-00:00:00.000\00198=0\001108=600\001", argv[2],
           argv[3]);
  size_t length = frame(message, body);
  put_time(field(message, length, "\00152="));
  put_checksum(message, length);
  send_all(message, length);
  char *answer;
  while ((answer = next_message(&length)) == NULL) receive_some();
  char *type = field(answer, length, "\00135=");
  if (type == NULL || *type != 'A') fail("logon refused", answer, length);
}

int main(int argc, char **argv) {
  if (argc != 8) fail("usage", "client PORT SENDER TARGET ACCOUNT SYMBOL MIC PRICE", 50);
  prepare(argv);
  dial(atoi(argv[1]));
  log_on(argv);
  printf("{\"ready\":true}\n");
  fflush(stdout);
  char line[128];
  while (fgets(line, sizeof line, stdin) != NULL) {
    unsigned long a, b;
    if (sscanf(line, "latency %lu", &a) == 1 && a > 0 && a <= ORDERS_MAX) run_latency(a);
    else if (sscanf(line, "window %lu %lu", &a, &b) == 2 && a > 0 && a <= WINDOW_MAX && b > 0) run_window(a, b);
    else fail("request", line, strlen(line));
    fflush(stdout);
  }
  return 0;
}
