/* The numbers that numpy's PCG64 draws row by row, many rows at a time.

   Lanes are neighbouring rows, so that each steps over as many rows as there are lanes. Two
   vectors step at once, since one alone would wait for itself. */

#if W > 2
#include <immintrin.h>
#endif

typedef unsigned __int128 wide;

#define VECTORS 2
#define SPAN (VECTORS * W)

#if W == 8 && defined(__AVX512IFMA__) && !defined(PLAIN_PRODUCTS)
/* 128 bits as parts of 52, 52 and 24; what lies above is dropped by the products themselves. */
#define LOWER(sum, x, y) (sum = (vu)_mm512_madd52lo_epu64((__m512i)sum, (__m512i)x, (__m512i)y))
#define UPPER(sum, x, y) (sum = (vu)_mm512_madd52hi_epu64((__m512i)sum, (__m512i)x, (__m512i)y))
#define PART 0xfffffffffffff

typedef struct {
    vu parts[VECTORS][3];
    uint64_t by[3], plus[3];
} source_t;

static void split(wide x, uint64_t *parts)
{
    parts[0] = (uint64_t)x & PART, parts[1] = (uint64_t)(x >> 52) & PART, parts[2] = x >> 104;
}

static void put(source_t *s, int vector, int lane, wide x)
{
    uint64_t parts[3];
    split(x, parts);
    for (int k = 0; k < 3; k++) s->parts[vector][k][lane] = parts[k];
}

static void jump(source_t *s, wide by, wide plus) { split(by, s->by), split(plus, s->plus); }

/* The number of 53 bits that a state stands for, before it steps. */
IN vu drawn(source_t *s, int vector)
{
    vu *a = s->parts[vector];
    const vu low = (a[0] & PART) | a[1] << 52, high = (a[1] & PART) >> 12 | a[2] << 40;
    const vu number = (vu)_mm512_rorv_epi64((__m512i)(high ^ low), (__m512i)(high >> 58));
    const vu b0 = lanes_of(s->by[0]), b1 = lanes_of(s->by[1]), b2 = lanes_of(s->by[2]);
    vu sum0 = lanes_of(s->plus[0]), sum1 = lanes_of(s->plus[1]), sum2 = lanes_of(s->plus[2]), more = {0};
    LOWER(sum0, a[0], b0);
    UPPER(sum1, a[0], b0), LOWER(sum1, a[0], b1), LOWER(sum1, a[1], b0);
    UPPER(sum2, a[0], b1), LOWER(sum2, a[0], b2), LOWER(more, a[2], b0);
    UPPER(more, a[1], b0), LOWER(sum2, a[1], b1);
    sum1 += sum0 >> 52;
    a[0] = sum0, a[1] = sum1, a[2] = sum2 + more + (sum1 >> 52);
    return number >> 11;
}
#else
/* Products of the lower halves of 64 bits. */
#if W == 8
IN vu times(vu x, vu y) { return (vu)_mm512_mul_epu32((__m512i)x, (__m512i)y); }
#elif W == 4
IN vu times(vu x, vu y) { return (vu)_mm256_mul_epu32((__m256i)x, (__m256i)y); }
#else
IN vu times(vu x, vu y) { return (x & 0xffffffff) * (y & 0xffffffff); }
#endif

typedef struct {
    vu high[VECTORS], low[VECTORS];
    wide by, plus;
} source_t;

static void put(source_t *s, int vector, int lane, wide x)
{
    s->high[vector][lane] = x >> 64, s->low[vector][lane] = (uint64_t)x;
}

static void jump(source_t *s, wide by, wide plus) { s->by = by, s->plus = plus; }

/* The number of 53 bits that a state stands for, before it steps: by products of 32 bits. */
IN vu drawn(source_t *s, int vector)
{
    const vu high = s->high[vector], low = s->low[vector];
    const vu mixed = high ^ low, turn = high >> 58;
    const vu number = mixed >> turn | mixed << ((64 - turn) & 63);
    const vu b0 = lanes_of((uint64_t)s->by), b1 = b0 >> 32;
    const vu b2 = lanes_of((uint64_t)(s->by >> 64)), b3 = b2 >> 32;
    const vu a1 = low >> 32, a3 = high >> 32;
    const vu p00 = times(low, b0), p01 = times(low, b1), p10 = times(a1, b0);
    const vu middle = (p00 >> 32) + (p01 & 0xffffffff) + p10;
    const vu carried = times(a1, b1) + (p01 >> 32) + (middle >> 32);
    /* What lies beyond 128 bits is dropped. */
    const vu crossed = times(low, b3) + times(a1, b2) + times(high, b1) + times(a3, b0);
    const vu upper = carried + times(low, b2) + times(high, b0) + (crossed << 32);
    const vu sum = ((middle << 32) | (p00 & 0xffffffff)) + (uint64_t)s->plus;
    s->low[vector] = sum;
    s->high[vector] = upper + (uint64_t)(s->plus >> 64) - (vu)(sum < (uint64_t)s->plus);
    return number >> 11;
}
#endif

/* Begin at a state for the first row; `factor` and `sum` step to the next one. */
static void begin_at(source_t *s, wide now, wide factor, wide sum)
{
    wide by = factor, plus = sum;
    for (int rows = 1; rows < SPAN; rows *= 2) plus = (by + 1) * plus, by = by * by;
    jump(s, by, plus);
    for (int row = 0; row < SPAN; row++, now = now * factor + sum) put(s, row / W, row % W, now);
}
