/* Draw points of a box, row by row in the order of the sequence, and keep those that hold.

   D inputs, CONDITIONS on them, ANSWERS to them; SOBOL or else independent numbers of PCG64.
   `hold` and `answer` are generated.
   All arithmetic is IEEE's, rounded one by one, so that numpy draws the same rows. */

typedef struct {
    double low, span, high, log; /* log is ln(high / low), or 0 where values spread evenly */
} stretch_t;

/* exp(x) * low for x >= 0, by the same steps as `lowering/spreading.py`. */
IN vd grown(vd x, double low)
{
    const double whole = 0x1.8p52;
    const vd shifted = x * 0x1.71547652b82fep+0 + whole;
    const vd count = shifted - whole;
    const vi number = (vi)shifted - (vi)all(whole);
    const vd r = (x - count * 0x1.62e42feep-1) - count * 0x1.a39ef35793c76p-33;
    static const double terms[] = {1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
        1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0};
    vd sum = all(terms[0]);
    for (int k = 1; k < 12; k++) sum = sum * r + terms[k];
    const vi half = number >> 1;
    return low * (vd)((half + 1023) << 52) * sum * (vd)((number - half + 1023) << 52);
}

IN vd spread(const stretch_t *s, vd share)
{
    /* Neither is below the lower end, and a share of 0 is that end, unless the range is so wide
       that its length is infinite. */
    vd value = s->log ? grown(share * s->log, s->low) : s->low + s->span * share;
    if (s->span > 0x1.fffffffffffffp1023) {
        value = pick((vi)(share == 0), all(s->low), value);
        value = v_max(value, all(s->low));
    }
    return v_min(value, all(s->high));
}

#ifndef SOBOL
typedef unsigned __int128 wide;

/* Products of the lower halves of 64 bits. */
#if W == 8
#include <immintrin.h>
IN vu times(vu x, vu y) { return (vu)_mm512_mul_epu32((__m512i)x, (__m512i)y); }
#elif W == 4
#include <immintrin.h>
IN vu times(vu x, vu y) { return (vu)_mm256_mul_epu32((__m256i)x, (__m256i)y); }
#else
IN vu times(vu x, vu y) { return (x & 0xffffffff) * (y & 0xffffffff); }
#endif
IN vu each(uint64_t x) { return x - (vu){0}; }

/* (high, low) * by + plus, of 128 bits, from products of 32. */
IN void step(vu *high, vu *low, wide by, wide plus)
{
    const vu b0 = each((uint64_t)by), b1 = b0 >> 32;
    const vu b2 = each((uint64_t)(by >> 64)), b3 = b2 >> 32;
    const vu a0 = *low, a1 = a0 >> 32, a2 = *high, a3 = a2 >> 32;
    const vu p00 = times(a0, b0), p01 = times(a0, b1), p10 = times(a1, b0);
    const vu middle = (p00 >> 32) + (p01 & 0xffffffff) + p10;
    const vu carried = times(a1, b1) + (p01 >> 32) + (middle >> 32);
    /* What lies beyond 128 bits is dropped. */
    const vu crossed = times(a0, b3) + times(a1, b2) + times(a2, b1) + times(a3, b0);
    const vu upper = carried + times(a0, b2) + times(a2, b0) + (crossed << 32);
    *low = ((middle << 32) | (p00 & 0xffffffff)) + (uint64_t)plus;
    *high = upper + (uint64_t)(plus >> 64) - (vu)(*low < (uint64_t)plus);
}
#endif

/* Of points first, first + 1, … of `count`, write those that hold and, where there are
   conditions, which ones they are; return how many. Failures of each condition are counted, and
   after them whether an answer is not finite. */
int64_t draw(int64_t first, int64_t count, const uint64_t *state, const stretch_t *stretch,
             double *const *columns, int64_t *failures, int64_t *places)
{
    int64_t kept = 0;
    vi failed[CONDITIONS + 1] = {{0}};
    vi odd = {0};
    double *to[D + ANSWERS];
    for (int k = 0; k < D + ANSWERS; k++) to[k] = columns[k];
#ifdef SOBOL
    /* For each input 54 numbers: the directions and then the shift. */
    const int bits = W == 8 ? 3 : W == 4 ? 2 : 1;
    vu lanes[D];
    uint64_t base[D], change[D][54 - bits];
    int64_t group = first / W;
    const uint64_t gray = (group * W) ^ ((group * W) >> 1);
    for (int k = 0; k < D; k++) {
        const uint64_t *direction = state + 54 * k;
        base[k] = direction[53];
        for (int bit = 0; bit < 53; bit++)
            if (gray >> bit & 1) base[k] ^= direction[bit];
        EACH(j) {
            uint64_t lane = 0;
            for (int bit = 0; bit < bits; bit++)
                if ((j ^ (j >> 1)) >> bit & 1) lane ^= direction[bit];
            lanes[k][j] = lane;
        }
        for (int bit = bits; bit < 53; bit++)
            change[k][bit - bits] = direction[bit] ^ direction[bits - 1];
    }
    for (int64_t i = group * W; i < first + count; i += W) {
#else
    /* The factor and the sum of a row's step, and for each input where it stands. Lanes are
       neighbouring rows, so that each steps over as many rows as there are lanes. */
    const wide factor = (wide)state[0] << 64 | state[1], sum = (wide)state[2] << 64 | state[3];
    wide by = factor, plus = sum;
    for (int rows = 1; rows < W; rows *= 2) plus = (by + 1) * plus, by = by * by;
    vu low[D], high[D];
    for (int k = 0; k < D; k++) {
        wide now = (wide)state[4 + 2 * k] << 64 | state[5 + 2 * k];
        EACH(j) low[k][j] = (uint64_t)now, high[k][j] = now >> 64, now = now * factor + sum;
    }
    for (int64_t i = first; i < first + count; i += W) {
#endif
        vi inside;
        EACH(j) inside[j] = -(int64_t)(i + j >= first && i + j < first + count);
        vd x[D + ANSWERS];
#ifdef SOBOL
        for (int k = 0; k < D; k++) {
            const vu number = lanes[k] ^ base[k];
            x[k] = __builtin_convertvector((vi)number, vd) * 0x1p-53;
        }
        group++;
        for (int k = 0; k < D; k++) base[k] ^= change[k][__builtin_ctzll(group)];
#else
        for (int k = 0; k < D; k++) {
            const vu mixed = high[k] ^ low[k], turn = high[k] >> 58;
            const vu number = mixed >> turn | mixed << ((64 - turn) & 63);
            x[k] = __builtin_convertvector((vi)(number >> 11), vd) * 0x1p-53;
            step(&high[k], &low[k], by, plus);
        }
#endif
        for (int k = 0; k < D; k++) x[k] = spread(&stretch[k], x[k]);
#if CONDITIONS
        inside = hold(x, inside, failed);
#endif
#if ANSWERS
        odd |= inside & answer(x, x + D);
#endif
        int all_hold = 1;
        EACH(j) all_hold &= inside[j] != 0;
        if (all_hold) {
            for (int k = 0; k < D + ANSWERS; k++) store(to[k] + kept, x[k]);
#if CONDITIONS
            EACH(j) places[kept + j] = i + j - first;
#endif
            kept += W;
        } else {
            for (int j = 0; j < W; j++) {
                if (!inside[j]) continue;
                for (int k = 0; k < D + ANSWERS; k++) to[k][kept] = x[k][j];
#if CONDITIONS
                places[kept] = i + j - first;
#endif
                kept++;
            }
        }
    }
    for (int k = 0; k < CONDITIONS; k++)
        for (int j = 0; j < W; j++) failures[k] -= failed[k][j];
    failures[CONDITIONS] = any(odd);
    return kept;
}
