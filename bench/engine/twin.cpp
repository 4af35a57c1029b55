// The engine's twin: the same tables, laid out alike, the same checks, states and event frames as packages/trading/src/engine,
// for the commands of the bench's workload. Reads names of command files line by line; answers each with its time and sums.
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

[[noreturn]] static void broken(int line) {
  fprintf(stderr, "the workload does what the twin cannot: line %d\n", line);
  exit(1);
}

using i64 = int64_t;
using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using i32 = int32_t;

static constexpr int LISTINGS = 100000, ACCOUNTS = 10000, CELLS = 12, TEXT = 48, KEPT = 1 << 18, EXECS = 1 << 20;
static constexpr i64 NO_PRICE = -9007199254740991, OPEN = 1381152600000000, FX = 100000000, SAFE = 9007199254740991;
static constexpr i64 LIVE_MAX = 1 << 20, ORDER_VALUE_MAX = i64(1) << 51;

static u32 mix(u32 h, u32 v) {
  u32 x = v * 0xcc9e2d51u;
  x = ((x << 15) | (x >> 17)) * 0x1b873593u;
  h ^= x;
  return ((h << 13) | (h >> 19)) * 5 + 0xe6546b64u;
}
static u32 finish(u32 h) {
  h = (h ^ (h >> 16)) * 0x85ebca6bu;
  h = (h ^ (h >> 13)) * 0xc2b2ae35u;
  return h ^ (h >> 16);
}
static u32 hashBytes(u32 seed, const u8* at, const u8* end) {
  u32 h = seed, tail = u32(end - at), word;
  for (; at + 4 <= end; at += 4) memcpy(&word, at, 4), h = mix(h, word);
  for (; at < end; at++) tail = (tail << 8) | *at;
  return finish(mix(h, tail));
}
static u32 hashBytesAgain(u32 seed, const u8* at, const u8* end) {
  u32 h = (seed ^ u32(end - at)) * 0x165667b1u, word;
  for (; at + 4 <= end; at += 4) memcpy(&word, at, 4), h = (h ^ word) * 0x27d4eb2fu, h ^= h >> 15;
  for (; at < end; at++) h = (h ^ *at) * 0x9e3779b1u, h ^= h >> 13;
  return finish(h);
}
static u32 hashSeq(i64 seq) { return finish(u32(seq) * 0x9e3779b1u); }
static u32 hashRequest(i64 n) { return finish(mix(mix(0, u32(n)), u32(n >> 32))); }
static u32 hashPair(u32 a, u32 b) { return finish(mix(mix(0, a), b)); }

struct Index {
  struct Cell { i32 row; u32 hash; };
  std::vector<Cell> cells;
  u32 mask;
  explicit Index(size_t rows) {
    size_t n = 16;
    while (n < rows * 2) n *= 2;
    cells.assign(n, {-1, 0});
    mask = u32(n - 1);
  }
  template <class Key> i32 find(u32 hash, Key same) const {
    for (u32 at = hash & mask;; at = (at + 1) & mask) {
      const Cell& c = cells[at];
      if (c.row < 0 || (c.hash == hash && same(c.row))) return c.row;
    }
  }
  void insert(i32 row, u32 hash) {
    u32 at = hash & mask;
    while (cells[at].row >= 0) at = (at + 1) & mask;
    cells[at] = {row, hash};
  }
  void remove(i32 row, u32 hash) {
    u32 hole = hash & mask;
    while (cells[hole].row != row || cells[hole].hash != hash) hole = (hole + 1) & mask;
    for (u32 at = (hole + 1) & mask; cells[at].row >= 0; at = (at + 1) & mask) {
      u32 home = cells[at].hash & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) cells[hole] = cells[at], hole = at;
    }
    cells[hole].row = -1;
  }
};

template <class T> using Col = std::vector<T>;

// A column of a table whose rows lie whole, as the engine's do; a row is as many bytes as its members need.
template <class T, size_t ROW> struct In {
  u8* base = nullptr;
  T& operator[](size_t i) const { return *reinterpret_cast<T*>(base + i * ROW); }
};
template <size_t ROW, class... T> void lay(std::vector<u8>& whole, size_t rows, In<T, ROW>&... columns) {
  static_assert((sizeof(T) + ...) <= ROW);
  whole.assign(rows * ROW, 0);
  u8* at = whole.data();
  ((columns.base = at, at += sizeof(T)), ...);
}

struct Rows {
  i64 count = 0, live = 0, head = 0, closed = 0;
  std::vector<i32> free_, ring = std::vector<i32>(KEPT);
  i32 open() {
    live++;
    if (free_.empty()) return i32(count++);
    i32 row = free_.back();
    free_.pop_back();
    return row;
  }
  bool full() const { return closed == KEPT; }
  i32 oldest() const { return ring[head]; }
  i32 forget() {
    i32 row = ring[head];
    head = (head + 1) % KEPT, closed--;
    free_.push_back(row);
    return row;
  }
  void close(i32 row) { live--, ring[(head + closed++) % KEPT] = row; }
};

static constexpr size_t N = size_t(1) << 21;

struct Positions {
  std::vector<u8> whole;
  In<i64, 40> lng, shrt, openingLong, openingShort;
  In<u32, 40> owner, listing;
  i64 count = 0;
  Index index;
  explicit Positions(size_t n) : index(n) { lay(whole, n, lng, shrt, openingLong, openingShort, owner, listing); }
  i32 find(u32 o, u32 l) const {
    return index.find(hashPair(o, l), [&](i32 r) { return owner[r] == o && listing[r] == l; });
  }
  i32 row(u32 o, u32 l) {
    i32 r = find(o, l);
    if (r >= 0) return r;
    r = i32(count++), owner[r] = o, listing[r] = l;
    index.insert(r, hashPair(o, l));
    return r;
  }
  void work(i32 r, int leg, i64 q) { (leg == 1 ? openingLong : openingShort)[r] += q; }
  void fill(i32 r, int leg, i64 q) { (leg == 1 ? lng : shrt)[r] += q; }
};

struct Node {
  // listings and accounts
  Col<u8> lKnown, lShort, lRestriction, lFirm, aKnown, aPermission, aRestriction, aCurrency, aCells, aBasis;
  Col<u32> lScoped, lIssuer, aClient, aRoute, aArrived, aCell;
  Col<i64> lLot, lCollar, lQtyMax, lValueMax, lAge, lTick, lBid, lAsk, lSource, aPpm, aPosMax, aRate, aSecond;
  // cells
  Col<u8> cMeasure, cCurrency;
  Col<i64> cGranted, cReturned, cUsed, cFilled;
  i64 rate[3][3] = {{0}};
  // orders
  std::vector<u8> oWhole, rWhole, kWhole, hWhole;
  In<i64, 192> oId, oQty, oPx, oHoldPx, oCum, oValue, oWorking;
  In<std::array<i64, CELLS>, 192> oHold;
  In<u32, 192> oSession, oAccount, oListing;
  In<u8, 192> oSide, oEffect, oLeg, oType, oTif, oStatus, oLive, oChange, oWithdraw;
  In<i32, 192> oPosition, oRequest, oChangeRequest, oRequests;
  Rows oRows;
  Index oById{N};
  // requests
  In<u32, 80> rSession, rHash, rBodyA, rBodyB;
  In<i32, 80> rOrder, rBefore;
  In<std::array<u8, TEXT>, 80> rText;
  In<u8, 80> rKind;
  i64 rCount = 0;
  i32 rFree = -1;
  Index rIndex{N};
  Positions positions{size_t(1) << 22};
  // fills
  Col<i64> fSeq, fOwn, fOrder, fQty, fPx, fHold;
  Col<u32> fK, fHedgeK;
  i64 fCount = 0, fNext = 0;
  Index fIndex{EXECS};
  // hedge
  Positions house{LISTINGS * 2};
  In<i64, 48> borrow, bestBuy, bestSell;
  In<i32, 48> buys, sells;
  In<u32, 48> buyCount, sellCount;
  In<u8, 48> staleBuy, staleSell;
  In<i64, 96> kId, kIntent, kQty, kPx, kCum, kWorking, kRequest, kChangeRequest;
  In<u32, 96> kRoute, kListing;
  In<u8, 96> kSide, kLeg, kType, kTif, kLive, kAck, kChange;
  In<i32, 96> kPosition, kRequests, kNext, kPrevious;
  Rows kRows;
  Index kByIntent{N}, kByRequest{N};
  Col<i64> qNumber;
  Col<i32> qBefore;
  i64 qCount = 0;
  i32 qFree = -1;
  Col<u32> xA, xB, xBodyA, xBodyB, xK;
  Col<i64> xQty, xPx, xIntent, xSeq;
  Col<i32> xOrigin;
  i64 xCount = 0, xNext = 0;
  Index xIndex{EXECS};
  i64 nextOut1 = 1, nextOut2 = 1, nextIn1 = 1, nextIn2 = 1;
  u32 key = 0;
  i64 seq = 0, time = 0, ordinal = 0, hedgeSecond = 0, hedgeArrived = 0;
  // events
  std::vector<u8> ring = std::vector<u8>((16 << 20) + (1 << 14));
  u8 *at, *p;
  u32 k = 0, type = 0;
  i64 events = 0, eventBytes = 0, need[CELLS];

  Node() {
    size_t L = LISTINGS + 1, A = ACCOUNTS + 1, C = 2 * ACCOUNTS + 2;
    lKnown.assign(L, 1), lShort.assign(L, 1), lRestriction.assign(L, 0), lFirm.assign(L, 1), lScoped.assign(L, 0);
    lIssuer.resize(L), lLot.assign(L, 100), lCollar.assign(L, 200000), lQtyMax.assign(L, 1000000);
    lValueMax.assign(L, i64(10000000000000)), lAge.assign(L, 1000000000000), lTick.assign(L, 100);
    lBid.resize(L), lAsk.resize(L), lSource.assign(L, OPEN);
    for (size_t l = 1; l < L; l++) {
      i64 mid = 50000 + i64((l * 7919) % 4000) * 500;
      lIssuer[l] = u32(l), lBid[l] = mid - 100, lAsk[l] = mid + 100;
    }
    aKnown.assign(A, 1), aPermission.assign(A, 1), aRestriction.assign(A, 0), aCurrency.resize(A), aCells.assign(A, 3);
    aBasis.resize(A), aClient.resize(A), aRoute.assign(A, 1), aArrived.assign(A, 0), aCell.assign(A * CELLS, 0);
    aPpm.assign(A, 205000), aPosMax.assign(A, 1000000000000), aRate.assign(A, 1000000000), aSecond.assign(A, 0);
    cMeasure.assign(C, 1), cCurrency.assign(C, 1), cGranted.assign(C, i64(1) << 50), cReturned.assign(C, 0);
    cUsed.assign(C, 0), cFilled.assign(C, 0);
    for (u32 a = 1; a <= ACCOUNTS; a++) {
      u8 money = a % 2 == 0 ? 2 : 1;
      aCurrency[a] = money, aBasis[a] = a % 2 == 0, aClient[a] = a;
      cCurrency[2 * a - 1] = cCurrency[2 * a] = money;
      aCell[a * CELLS] = 2 * a - 1, aCell[a * CELLS + 1] = 2 * a, aCell[a * CELLS + 2] = 2 * ACCOUNTS + 1;
    }
    cMeasure[2 * ACCOUNTS + 1] = 2;
    rate[1][1] = rate[2][2] = FX, rate[1][2] = 611958444;
    lay(oWhole, N, oId, oQty, oPx, oHoldPx, oCum, oValue, oWorking, oHold, oSession, oAccount, oListing, oPosition, oRequest,
        oChangeRequest, oRequests, oSide, oEffect, oLeg, oType, oTif, oStatus, oLive, oChange, oWithdraw);
    lay(rWhole, N, rSession, rHash, rBodyA, rBodyB, rOrder, rBefore, rText, rKind);
    for (auto* c : {&fSeq, &fOwn, &fOrder, &fQty, &fPx}) c->resize(EXECS);
    fHold.resize(size_t(EXECS) * CELLS), fK.resize(EXECS), fHedgeK.resize(EXECS);
    size_t H = LISTINGS * 2;
    lay(hWhole, H, borrow, bestBuy, bestSell, buys, sells, buyCount, sellCount, staleBuy, staleSell);
    for (size_t h = 0; h < H; h++) borrow[h] = 1000000000, buys[h] = sells[h] = -1;
    for (u32 l = 1; l <= LISTINGS; l++) house.row(1, l);
    lay(kWhole, N, kId, kIntent, kQty, kPx, kCum, kWorking, kRequest, kChangeRequest, kRoute, kListing, kPosition, kRequests,
        kNext, kPrevious, kSide, kLeg, kType, kTif, kLive, kAck, kChange);
    qNumber.resize(N), qBefore.resize(N);
    for (auto* c : {&xA, &xB, &xBodyA, &xBodyB, &xK}) c->resize(EXECS);
    for (auto* c : {&xQty, &xPx, &xIntent, &xSeq}) c->resize(EXECS);
    xOrigin.resize(EXECS);
    key = 0x6d657269;
    for (const char* c = "BENCH"; *c; c++) key = mix(key, u32(*c));
    key = finish(key);
    at = ring.data();
  }

  // — events —
  void d(i64 v) { double x = double(v); memcpy(p, &x, 8), p += 8; }
  void w4(u32 v) { memcpy(p, &v, 4), p += 4; }
  void w2(u16 v) { memcpy(p, &v, 2), p += 2; }
  void w1(int v) { *p++ = u8(v); }
  void text(const u8* t) { memcpy(p, t, size_t(*t) + 1), p += *t + 1; }
  void requestText(i32 r) { if (r < 0) *p++ = 0; else text(rText[r].data()); }
  void begin(u32 t) { type = t, p = at + 32; }
  void end() {
    u32 length = u32(p - at), zero = 0, kk = k++;
    u16 t = u16(type), one = 1;
    double tm = double(time), sq = double(seq);
    memcpy(at, &length, 4), memcpy(at + 4, &t, 2), memcpy(at + 6, &one, 2), memcpy(at + 8, &tm, 8), memcpy(at + 16, &sq, 8);
    memcpy(at + 24, &kk, 4), memcpy(at + 28, &zero, 4);
    events++, eventBytes += length, at = p;
  }

  // — ids of children —
  u32 half(u32 h, u32 n) const { return finish(mix(mix(key, h), n)) & 0x7ffffff; }
  void hedgeId(i64 request) {
    u32 left = u32(request >> 27), right = u32(request & 0x7ffffff);
    for (u32 n = 0; n < 4; n++) { u32 next = left ^ half(right, n); left = right, right = next; }
    *p++ = 12;
    for (u32 h : {left, right}) {
      for (int i = 5; i >= 0; i--) { u32 c = h % 36; p[i] = u8(c < 10 ? 48 + c : 55 + c), h /= 36; }
      p += 6;
    }
  }
  i64 readHedgeId(const u8* t) const {
    if (*t != 12) return -1;
    u32 v[2];
    for (int j = 0; j < 2; j++) {
      v[j] = 0;
      for (int i = 0; i < 6; i++) {
        u8 c = t[1 + j * 6 + i];
        int g = c >= 48 && c <= 57 ? c - 48 : c >= 65 && c <= 90 ? c - 55 : -1;
        if (g < 0) return -1;
        v[j] = v[j] * 36 + u32(g);
      }
    }
    u32 left = v[0], right = v[1];
    for (int n = 3; n >= 0; n--) { u32 before = right ^ half(left, u32(n)); right = left, left = before; }
    return (i64(left) << 27) | right;
  }

  // — needs and holds —
  static i64 needFor(i64 value, i64 rt, i64 ppm) {
    unsigned __int128 n = (unsigned __int128)(value < 0 ? -value : value) * (unsigned __int128)(rt * ppm);
    if (rt == FX) {  // both powers of ten go at once
      unsigned __int128 m = (unsigned __int128)(value < 0 ? -value : value) * (unsigned __int128)(ppm * 100);
      if (m <= UINT64_MAX) return i64((u_int64_t(m) + 9999999999ull) / 10000000000ull);
    }
    double near = double(value) * double(rt) * double(ppm) / 1e16, up = std::ceil(near), doubt = near * 0x1p-49;
    if (up - near > doubt && near - (up - 1) > doubt) return i64(up);
    unsigned __int128 den = (unsigned __int128)10000000000000000ull;
    return i64((n + den - 1) / den);
  }
  i64 needOf(u32 a, u32 l, int n, i64 q, i64 px) const {
    u32 c = aCell[a * CELLS + n];
    if (cMeasure[c] == 3) return q;
    i64 rt = rate[1][cCurrency[c]];
    if (rt == 0) return -1;
    (void)l;
    return needFor(q * px, rt, cMeasure[c] == 1 ? aPpm[a] : 1000000);
  }
  i64 free_(u32 c) const { return cGranted[c] - cReturned[c] - cUsed[c]; }
  i64 leaves(i32 o) const { return oLive[o] == 0 ? 0 : std::max<i64>(0, oQty[o] - oCum[o]); }
  void setWorking(i32 o, i64 q) {
    if (q == oWorking[o]) return;
    positions.work(oPosition[o], oLeg[o], q - oWorking[o]);
    oWorking[o] = q;
  }
  void setHold(i32 o, int n, i64 amount) {
    u32 c = aCell[oAccount[o] * CELLS + n];
    i64& h = oHold[o][n];
    i64 used = cUsed[c] + amount - h;
    if (used < 0 || used > cGranted[c] - cReturned[c]) broken(__LINE__);
    cUsed[c] = used, h = amount;
  }
  i64 restNeed(i32 o, int n) const {
    i64 left = leaves(o);
    return left == 0 ? 0 : needOf(oAccount[o], oListing[o], n, left, oHoldPx[o]);
  }

  // — client reports —
  void reportOrder(i32 o, int exec, int status, i32 request, i32 orig) {
    begin(1), d(oId[o]), w4(oSession[o]), d(nextOut1++), w4(oAccount[o]), w4(oListing[o]);
    w1(oSide[o]), w1(oEffect[o]), w1(oType[o]), w1(oTif[o]), w1(exec), w1(status);
    d(oQty[o]), d(oPx[o]), d(oCum[o]), d(leaves(o)), d(oValue[o]);
    w2(0), w4(0), d(0), d(0), d(0), d(0), requestText(request < 0 ? oRequest[o] : request), requestText(orig), end();
  }
  int shown(i32 o) const { return oLive[o] && oChange[o] == 1 ? 0x36 : oStatus[o]; }

  // — orders —
  i32 findOrder(i64 id) const {
    return oById.find(hashSeq(id), [&](i32 r) { return oId[r] == id; });
  }
  i32 findRequest(u32 hash, u32 session, const u8* t) const {
    return rIndex.find(hash, [&](i32 r) { return rSession[r] == session && memcmp(rText[r].data(), t, size_t(*t) + 1) == 0; });
  }
  static u32 requestHash(u32 session, const u8* t) { return finish(mix(hashBytes(1, t + 1, t + 1 + *t), session)); }
  i32 addRequest(u32 hash, u32 session, const u8* t, int kind, u32 a, u32 b, i32 o, i32 before) {
    i32 r = rFree;
    if (r >= 0) rFree = rBefore[r]; else r = i32(rCount++);
    rSession[r] = session, rHash[r] = hash, memcpy(rText[r].data(), t, size_t(*t) + 1);
    rKind[r] = u8(kind), rBodyA[r] = a, rBodyB[r] = b, rOrder[r] = o, rBefore[r] = before;
    rIndex.insert(r, hash);
    return r;
  }
  void closeOrder(i32 o) {
    if (oRows.full()) {
      i32 old = oRows.oldest();
      for (i32 r = oRequests[old]; r >= 0;) {
        i32 before = rBefore[r];
        rIndex.remove(r, rHash[r]), rBefore[r] = rFree, rFree = r, r = before;
      }
      oRows.forget(), oById.remove(old, hashSeq(oId[old])), oId[old] = 0;
    }
    oLive[o] = 0, oRows.close(o);
    setWorking(o, 0);
    for (int n = 0; n < aCells[oAccount[o]]; n++) setHold(o, n, 0);
  }
  bool check(u32 a, u32 l, int side, int leg, i64 q, i64 px, i64& holdPx, i32& position) {
    if (a == 0 || a > ACCOUNTS || !aKnown[a] || l == 0 || l > LISTINGS || !lKnown[l]) return false;
    if (aBasis[a] == 0 && aCurrency[a] != 1) return false;
    if (lRestriction[l] | aRestriction[a] || aPermission[a] != 1 || aRoute[a] != 1 || lFirm[l] != 1 || lScoped[l]) return false;
    i64 ref = (lBid[l] + lAsk[l]) / 2, reach = ref * lCollar[l] / 1000000;
    if (time - lSource[l] > lAge[l] || px > ref + reach || px < ref - reach || px % lTick[l]) return false;
    holdPx = side == 1 ? px : std::max(px, lBid[l]);
    if (q < 1 || q % lLot[l] || q > lQtyMax[l] || q * holdPx > std::min(lValueMax[l], ORDER_VALUE_MAX)) return false;
    i64 second = time / 1000000;
    if (aSecond[a] != second) aSecond[a] = second, aArrived[a] = 0;
    if (i64(aArrived[a]++) >= aRate[a]) return false;
    if (leg == 2 && !lShort[l]) return false;
    position = positions.find(a, l);
    i64 used = position < 0 ? 0 : leg == 1 ? positions.lng[position] + positions.openingLong[position]
                                           : positions.shrt[position] + positions.openingShort[position];
    if (used + q > aPosMax[a] || rate[1][aCurrency[a]] == 0) return false;
    for (int n = 0; n < aCells[a]; n++) {
      need[n] = needOf(a, l, n, q, holdPx);
      if (need[n] < 0 || need[n] > free_(aCell[a * CELLS + n])) return false;
    }
    return oRows.live < LIVE_MAX;
  }
  void intent(i32 o, int action) {
    begin(4), d(oId[o]), w1(action), w4(aRoute[oAccount[o]]), w4(oListing[o]), w1(oSide[o]), w1(oEffect[o]), w1(oType[o]);
    w1(oTif[o]), d(oQty[o]), d(oPx[o]), end();
    if (action == 1) sendChild(oId[o], oListing[o], oSide[o], oLeg[o], oType[o], oTif[o], oQty[o], oPx[o]);
    else cancelChild(oId[o]);
  }
  template <class T> static T get(const u8* at_) { T v; memcpy(&v, at_, sizeof v); return v; }
  static i64 num(const u8* at_) { return i64(get<double>(at_)); }

  void newOrder(const u8* b, const u8* stop) {
    u32 session = get<u32>(b), a = get<u32>(b + 12), l = get<u32>(b + 16);
    i64 inSeq = num(b + 4), q = num(b + 24), px = num(b + 32), holdPx = 0;
    int side = b[20], effect = b[21], leg = side == 1 ? 1 : side == 5 ? 2 : 0;
    const u8* t = b + 42;
    if (inSeq >= nextIn1) nextIn1 = inSeq + 1;
    u32 hash = requestHash(session, t), bodyA = hashBytes(1, b + 12, stop), bodyB = hashBytesAgain(2, b + 12, stop);
    i32 position = -1;
    if (findRequest(hash, session, t) >= 0 || leg == 0 || effect != 1 || !check(a, l, side, leg, q, px, holdPx, position)) {
      fprintf(stderr, "order %lld is refused\n", (long long)seq);
      exit(1);
    }
    i32 o = oRows.open();
    oId[o] = seq, oLive[o] = 1, oById.insert(o, hashSeq(seq));
    i32 r = addRequest(hash, session, t, 1, bodyA, bodyB, o, -1);
    oSession[o] = session, oAccount[o] = a, oListing[o] = l, oSide[o] = u8(side), oEffect[o] = u8(effect), oLeg[o] = u8(leg);
    oType[o] = b[22], oTif[o] = b[23], oQty[o] = q, oPx[o] = px, oHoldPx[o] = holdPx, oCum[o] = oValue[o] = 0;
    oStatus[o] = 0x41, oChange[o] = oWithdraw[o] = 0, oWorking[o] = 0, oRequest[o] = oRequests[o] = r, oChangeRequest[o] = -1;
    oPosition[o] = position >= 0 ? position : positions.row(a, l);
    setWorking(o, q);
    for (int n = 0; n < aCells[a]; n++) setHold(o, n, need[n]);
    reportOrder(o, 0x41, 0x41, -1, -1);
    intent(o, 1);
  }
  void cancelOrder(const u8* b, const u8* stop) {
    u32 session = get<u32>(b);
    i64 inSeq = num(b + 4);
    const u8 *t = b + 14, *orig = t + 1 + *t;
    if (inSeq >= nextIn1) nextIn1 = inSeq + 1;
    u32 hash = requestHash(session, t), bodyA = hashBytes(3, b + 12, stop), bodyB = hashBytesAgain(3, b + 12, stop);
    i32 known = findRequest(hash, session, t), named = findRequest(requestHash(session, orig), session, orig);
    i32 o = named < 0 ? -1 : rOrder[named];
    if (known >= 0 || o < 0 || !oLive[o] || oChange[o]) {
      fprintf(stderr, "cancel %lld is refused\n", (long long)seq);
      exit(1);
    }
    i32 r = addRequest(hash, session, t, 3, bodyA, bodyB, o, oRequests[o]);
    oRequests[o] = r, oChange[o] = 1, oChangeRequest[o] = r;
    reportOrder(o, 0x36, 0x36, r, oRequest[o]);
    intent(o, 3);
  }
  void clientFill(i64 id, i64 q, i64 px, u32 hedgeK) {
    i32 o = findOrder(id);
    if (o < 0 || !oLive[o] || leaves(o) < q) broken(__LINE__);
    oCum[o] += q, oValue[o] += q * px;
    positions.fill(oPosition[o], oLeg[o], q);
    i32 f = i32(fNext);
    if (fCount == EXECS) fIndex.remove(f, hashSeq(fSeq[f])); else fCount++;
    fNext = (f + 1) % EXECS, fSeq[f] = seq, fIndex.insert(f, hashSeq(seq));
    fHedgeK[f] = hedgeK, fOwn[f] = seq, fK[f] = k, fOrder[f] = id, fQty[f] = q, fPx[f] = px;
    setWorking(o, leaves(o));
    u32 a = oAccount[o];
    int count = aCells[a];
    bool affordable = true;
    i64 fn[CELLS], rest[CELLS];
    memset(&fHold[size_t(f) * CELLS], 0, CELLS * 8);
    for (int n = 0; n < count; n++) {
      fn[n] = needOf(a, oListing[o], n, q, px), rest[n] = restNeed(o, n);
      if (fn[n] + rest[n] - oHold[o][n] > free_(aCell[a * CELLS + n])) affordable = false;
    }
    if (!affordable) broken(__LINE__);
    for (int n = 0; n < count; n++) {
      u32 c = aCell[a * CELLS + n];
      setHold(o, n, rest[n]);
      cFilled[c] += fn[n], cUsed[c] += fn[n], fHold[size_t(f) * CELLS + n] = fn[n];
    }
    if (oCum[o] < oQty[o]) oStatus[o] = 0x31; else oStatus[o] = 0x32, closeOrder(o);
    begin(3), d(oId[o]), w4(oSession[o]), d(nextOut1++), w4(a), w4(oListing[o]), w1(oSide[o]), w1(oEffect[o]), w1(oType[o]);
    w1(oTif[o]), w1(0x46), w1(shown(o)), d(oQty[o]), d(oPx[o]), d(q), d(px), d(oCum[o]), d(leaves(o)), d(oValue[o]), w4(1);
    i64 hold = 0;
    for (int n = 0; n < count; n++) {
      u32 c = aCell[a * CELLS + n];
      if (cMeasure[c] == 1 && cCurrency[c] == aCurrency[a]) { hold = fHold[size_t(f) * CELLS + n]; break; }
    }
    d(hold), d(0), w4(0), d(seq), w4(hedgeK), requestText(oRequest[o]), end();
  }

  // — hedge —
  void showPrice(i32 row, bool buy, i64 px, bool alone) {
    if (buy) { if (alone) staleBuy[row] = 0; if (alone || px > bestBuy[row]) bestBuy[row] = px; }
    else { if (alone) staleSell[row] = 0; if (alone || px < bestSell[row]) bestSell[row] = px; }
  }
  void refresh(i32 row, bool buy) {
    bool alone = true;
    for (i32 c = (buy ? buys : sells)[row]; c >= 0; c = kNext[c]) showPrice(row, buy, kPx[c], alone), alone = false;
  }
  bool wash(i32 row, int side, i64 px) {
    if (side == 1) {
      if (!sellCount[row]) return false;
      if (staleSell[row]) refresh(row, false);
      return px >= bestSell[row];
    }
    if (!buyCount[row]) return false;
    if (staleBuy[row]) refresh(row, true);
    return px <= bestBuy[row];
  }
  void kWork(i32 c, i64 q) {
    if (q == kWorking[c]) return;
    house.work(kPosition[c], kLeg[c], q - kWorking[c]);
    kWorking[c] = q;
  }
  void kAdd(i32 c, i64 number) {
    i32 r = qFree;
    if (r >= 0) qFree = qBefore[r]; else r = i32(qCount++);
    qNumber[r] = number, qBefore[r] = kRequests[c], kRequests[c] = r;
    kByRequest.insert(c, hashRequest(number));
  }
  i32 kFind(i64 id) const { return kByIntent.find(hashSeq(id), [&](i32 r) { return kIntent[r] == id; }); }
  i64 kLeaves(i32 c) const { return kLive[c] == 0 ? 0 : std::max<i64>(0, kQty[c] - kCum[c]); }
  void sendChild(i64 id, u32 l, int side, int leg, int tp, int tif, i64 q, i64 px) {
    if (kFind(id) >= 0) broken(__LINE__);
    i32 row = house.find(1, l);
    if (leg == 2 && q > borrow[row] - house.shrt[row] - house.openingShort[row]) broken(__LINE__);
    if (wash(row, side, px)) { fprintf(stderr, "wash\n"); exit(1); }
    i64 second = time / 1000000;
    if (hedgeSecond != second) hedgeSecond = second, hedgeArrived = 0;
    if (hedgeArrived++ >= i64(0xffffffff)) broken(__LINE__);
    row = house.row(1, l);
    i32 c = kRows.open();
    i64 number = seq * (1 << 20) + ordinal++;
    kIntent[c] = id, kLive[c] = 1, kRequests[c] = -1, kByIntent.insert(c, hashSeq(id));
    kId[c] = seq, kRoute[c] = 1, kListing[c] = l, kSide[c] = u8(side), kLeg[c] = u8(leg), kType[c] = u8(tp), kTif[c] = u8(tif);
    kQty[c] = q, kPx[c] = px, kCum[c] = 0, kAck[c] = kChange[c] = 0, kPosition[c] = row, kWorking[c] = 0;
    kRequest[c] = number, kChangeRequest[c] = -1;
    kAdd(c, number);
    bool buy = side == 1;
    i32& first = (buy ? buys : sells)[row];
    kNext[c] = first, kPrevious[c] = -1;
    if (first >= 0) kPrevious[first] = c;
    first = c;
    u32 count = ++(buy ? buyCount : sellCount)[row];
    showPrice(row, buy, px, count == 1);
    kWork(c, q);
    hedgeOrder(c, 1, number, -1);
  }
  void hedgeOrder(i32 c, int action, i64 number, i64 orig) {
    begin(5), d(kId[c]), d(kIntent[c]), w1(action), w4(1), w4(2), d(nextOut2++), w4(kListing[c]), w1(kSide[c]), w1(kType[c]);
    w1(kTif[c]), d(kQty[c]), d(kPx[c]), hedgeId(number);
    if (orig >= 0) hedgeId(orig); else w1(0);
    end();
  }
  void cancelChild(i64 id) {
    i32 c = kFind(id);
    if (c < 0 || !kLive[c] || kChange[c]) broken(__LINE__);
    i64 number = seq * (1 << 20) + ordinal++;
    kChange[c] = 1, kChangeRequest[c] = number;
    kAdd(c, number);
    hedgeOrder(c, 3, number, kRequest[c]);
  }
  void closeChild(i32 c) {
    if (kRows.full()) {
      i32 old = kRows.forget();
      kByIntent.remove(old, hashSeq(kIntent[old])), kIntent[old] = 0;
      for (i32 r = kRequests[old]; r >= 0;) {
        i32 before = qBefore[r];
        kByRequest.remove(old, hashRequest(qNumber[r])), qNumber[r] = 0, qBefore[r] = qFree, qFree = r, r = before;
      }
      kRequests[old] = -1;
    }
    kLive[c] = 0, kRows.close(c);
    i32 row = kPosition[c], next = kNext[c], prev = kPrevious[c];
    bool buy = kSide[c] == 1;
    if (next >= 0) kPrevious[next] = prev;
    if (prev >= 0) kNext[prev] = next; else (buy ? buys : sells)[row] = next;
    --(buy ? buyCount : sellCount)[row];
    if (buy ? kPx[c] >= bestBuy[row] : kPx[c] <= bestSell[row]) (buy ? staleBuy : staleSell)[row] = 1;
    kWork(c, 0);
  }
  int kStatus(i32 c) const {
    if (!kLive[c]) return kCum[c] >= kQty[c] ? 0x32 : 0x34;
    if (!kAck[c] && kCum[c] == 0) return 0x41;
    return kCum[c] > 0 ? 0x31 : 0x30;
  }
  void reportChild(i32 c, int exec, int status, const u8* venue) {
    begin(7), d(kId[c]), d(kIntent[c]), w4(1), w4(kListing[c]), w1(kSide[c]), w1(exec), w1(status), w2(0);
    d(kQty[c]), d(kPx[c]), d(kCum[c]), d(kLeaves(c)), text(venue), end();
  }
  void venueReport(const u8* b, const u8* stop) {
    u32 session = get<u32>(b);
    i64 inSeq = num(b + 4);
    const u8 *cl = b + 56, *orig = cl + 1 + *cl, *exec = orig + 1 + *orig, *ref = exec + 1 + *exec, *venue = ref + 1 + *ref;
    if (inSeq >= nextIn2) nextIn2 = inSeq + 1;
    u32 a = hashBytes(session, exec + 1, exec + 1 + *exec), bb = hashBytesAgain(session, exec + 1, exec + 1 + *exec);
    u32 bodyA = hashBytes(1, b + 12, stop), bodyB = hashBytesAgain(2, b + 12, stop);
    if (xIndex.find(a, [&](i32 r) { return xB[r] == bb; }) >= 0) broken(__LINE__);
    i64 number = readHedgeId(cl);
    i32 c = kByRequest.find(hashRequest(number), [&](i32 child) {
      if (kRequest[child] == number || kChangeRequest[child] == number) return true;
      for (i32 r = kRequests[child]; r >= 0; r = qBefore[r]) if (qNumber[r] == number) return true;
      return false;
    });
    if (c < 0) { fprintf(stderr, "report %lld of an unknown child\n", (long long)seq); exit(1); }
    i32 x = i32(xNext);
    if (xCount == EXECS) xIndex.remove(x, xA[x]); else xCount++;
    xNext = (x + 1) % EXECS, xA[x] = a, xB[x] = bb, xQty[x] = 0, xOrigin[x] = -1, xIndex.insert(x, a);
    xBodyA[x] = bodyA, xBodyB[x] = bodyB, xIntent[x] = kIntent[c], xSeq[x] = seq;
    int e = b[12];
    if (e == 0x46) {
      i64 q = num(b + 14), px = num(b + 22);
      xQty[x] = q, xPx[x] = px, kCum[c] += q;
      house.fill(kPosition[c], kLeg[c], q);
      if (kCum[c] >= kQty[c]) closeChild(c); else kWork(c, kLeaves(c));
      u32 ordinalK = k;
      begin(6), d(kId[c]), d(kIntent[c]), w4(1), w4(kListing[c]), w1(kSide[c]), w1(0x46), d(q), d(px), d(kCum[c]), d(kLeaves(c));
      d(num(b + 46)), text(exec), text(ref), text(venue), end();
      xK[x] = ordinalK;
      clientFill(kIntent[c], q, px, ordinalK);
    } else if (e == 0x30) {
      if (!kLive[c] || kAck[c]) return;
      kAck[c] = 1, reportChild(c, 0x30, kStatus(c), venue);
      i32 o = findOrder(kIntent[c]);
      if (o >= 0 && oLive[o] && oStatus[o] == 0x41) oStatus[o] = 0x30, reportOrder(o, 0x30, 0x30, -1, -1);
    } else {
      if (!kLive[c]) broken(__LINE__);
      closeChild(c), reportChild(c, 0x34, 0x34, venue);
      i32 o = findOrder(kIntent[c]);
      i32 request = oChange[o] == 1 ? oChangeRequest[o] : -1;
      oStatus[o] = 0x34, oChange[o] = 0, closeOrder(o);
      reportOrder(o, 0x34, 0x34, request, request < 0 ? -1 : oRequest[o]);
    }
  }

  void apply(const u8* frame) {
    u32 length = get<u32>(frame);
    seq++, k = 0, ordinal = 0, time = num(frame + 8);
    if (at - ring.data() > (16 << 20)) at = ring.data();
    switch (get<u16>(frame + 4)) {
      case 1: return newOrder(frame + 16, frame + length);
      case 3: return cancelOrder(frame + 16, frame + length);
      case 4: return venueReport(frame + 16, frame + length);
      default: broken(__LINE__);
    }
  }
};

int main() {
  static Node node;
  char line[4096];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    FILE* f = fopen(line, "rb");
    if (!f) return 1;
    fseek(f, 0, SEEK_END);
    std::vector<u8> bytes(size_t(ftell(f)));
    rewind(f);
    if (fread(bytes.data(), 1, bytes.size(), f) != bytes.size()) return 1;
    fclose(f);
    auto from = std::chrono::steady_clock::now();
    for (const u8 *p = bytes.data(), *end = p + bytes.size(); p < end; p += Node::get<u32>(p)) node.apply(p);
    auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - from).count();
    i64 used = 0, lng = 0, shrt = 0;
    for (i64 v : node.cUsed) used += v;
    for (i64 r = 0; r < node.positions.count; r++) lng += node.positions.lng[r], shrt += node.positions.shrt[r];
    printf("{\"ns\":%lld,\"events\":%lld,\"eventBytes\":%lld,\"live\":%lld,\"used\":%lld,\"long\":%lld,\"short\":%lld}\n",
           (long long)ns, (long long)node.events, (long long)node.eventBytes, (long long)node.oRows.live, (long long)used,
           (long long)lng, (long long)shrt);
    fflush(stdout);
  }
}
