/* Vectors of doubles and the mathematical functions of a tape.

   Where the system's library has vector versions (glibc on x86-64) those are called by their
   names; elsewhere each lane calls the plain function. Values outside a domain answer NaN or
   infinity as the plain functions do: nothing here assumes finite numbers. With ONE_LANE defined,
   a vector is a single double. */

#include <math.h>
#include <stdint.h>
#include <string.h>

#define IN static inline __attribute__((always_inline, unused))

#ifdef ONE_LANE
/* Single doubles under the same names; a truth is its lowest bit. */
typedef double vd;
typedef int64_t vi;
IN vd all(double x) { return x; }
IN vd pick(vi where, vd x, vd y) { return where & 1 ? x : y; }
IN vd v_abs(vd x) { return fabs(x); }
#define PLAIN(name, function) IN vd name(vd x) { return function(x); }
#define PLAIN2(name, function) IN vd name(vd x, vd z) { return function(x, z); }
#else
#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define W 8
#define VECTOR(name) _ZGVeN8v_##name
#define VECTOR2(name) _ZGVeN8vv_##name
#elif defined(__AVX2__)
#define W 4
#define VECTOR(name) _ZGVdN4v_##name
#define VECTOR2(name) _ZGVdN4vv_##name
#else
#define W 2
#define VECTOR(name) _ZGVbN2v_##name
#define VECTOR2(name) _ZGVbN2vv_##name
#endif

typedef double vd __attribute__((vector_size(8 * W)));
typedef int64_t vi __attribute__((vector_size(8 * W)));
typedef uint64_t vu __attribute__((vector_size(8 * W)));
typedef double vd_anywhere __attribute__((vector_size(8 * W), aligned(8), may_alias));

#define EACH(k) for (int k = 0; k < W; k++)

IN vd all(double x) { return x - (vd){0}; }
IN vu lanes_of(uint64_t x) { return x - (vu){0}; }
IN vd load(const double *from) { return *(const vd_anywhere *)from; }
IN void store(double *to, vd x) { *(vd_anywhere *)to = x; }
/* Store whole lines past the cache, which need not be read first; `settle` ends them. */
#if defined(__clang__)
IN void store_past(double *to, vd x) { __builtin_nontemporal_store(x, (vd *)to); }
#elif defined(__x86_64__) && W == 8
IN void store_past(double *to, vd x) { __builtin_ia32_movntpd512(to, x); }
#elif defined(__x86_64__) && W == 4
IN void store_past(double *to, vd x) { __builtin_ia32_movntpd256(to, x); }
#elif defined(__x86_64__)
IN void store_past(double *to, vd x) { __builtin_ia32_movntpd(to, x); }
#else
IN void store_past(double *to, vd x) { store(to, x); }
#endif
IN void settle(void) { __sync_synchronize(); }
IN void store_truth(uint8_t *to, vi x) { EACH(k) to[k] = x[k] & 1; }
IN vd pick(vi where, vd x, vd y) { return (vd)((where & (vi)x) | (~where & (vi)y)); }
IN int any(vi x) { int64_t found = 0; EACH(k) found |= x[k]; return found != 0; }

#define PLAIN(name, function) \
    IN vd name(vd x) { vd y; EACH(k) y[k] = function(x[k]); return y; }
#define PLAIN2(name, function) \
    IN vd name(vd x, vd z) { vd y; EACH(k) y[k] = function(x[k], z[k]); return y; }
#define FAST(name, function) \
    extern vd VECTOR(function)(vd) __attribute__((const)); \
    IN vd name(vd x) { return VECTOR(function)(x); }
#define FAST2(name, function) \
    extern vd VECTOR2(function)(vd, vd) __attribute__((const)); \
    IN vd name(vd x, vd z) { return VECTOR2(function)(x, z); }

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(PLAIN_FUNCTIONS)
#if __GLIBC_PREREQ(2, 22)
#define OLD FAST
#define OLD2 FAST2
#endif
#if __GLIBC_PREREQ(2, 35)
#define NEW FAST
#endif
#endif
IN vd v_abs(vd x) { return (vd)((vi)x & INT64_MAX); }
#endif
#ifndef OLD
#define OLD PLAIN
#define OLD2 PLAIN2
#endif
#ifndef NEW
#define NEW PLAIN
#endif

OLD(v_exp, exp)
OLD(v_ln, log)
OLD(v_sin, sin)
OLD(v_cos, cos)
OLD2(v_pow, pow)
NEW(v_log10, log10)
NEW(v_log2, log2)
NEW(v_log1p, log1p)
NEW(v_expm1, expm1)
NEW(v_tan, tan)
NEW(v_arcsin, asin)
NEW(v_arccos, acos)
NEW(v_arctan, atan)
NEW(v_sinh, sinh)
NEW(v_cosh, cosh)
NEW(v_tanh, tanh)
NEW(v_erf, erf)
PLAIN(v_sqrt, __builtin_sqrt)

IN vd v_square(vd x) { return x * x; }
IN vd v_min(vd x, vd y) { return pick((vi)(x < y) | (vi)(x != x), x, y); }
IN vd v_max(vd x, vd y) { return pick((vi)(x > y) | (vi)(x != x), x, y); }
IN vd v_sign(vd x)
{
    vd away = pick((vi)(x > 0), all(1), pick((vi)(x < 0), all(-1), all(0)));
    return pick((vi)(x != x), x, away);
}

/* (exp(x) - 1) / x, which is 1 at zero. */
IN vd v_exprel(vd x)
{
    vd y = pick((vi)(x == 0), all(1), v_expm1(x) / x);
    return pick((vi)(x > 717), all(INFINITY), y);
}

/* The complete elliptic integral of the first kind of m = k^2: pi / (2 agm(1, sqrt(1 - m))). */
IN vd v_elliptic_k(vd m)
{
    vd a = all(1), g = v_sqrt(1 - m);
    for (int step = 0; step < 13; step++) {
        vd mean = (a + g) / 2;
        g = v_sqrt(a * g);
        a = mean;
    }
    vd y = pick((vi)(m == 1), all(INFINITY), 1.5707963267948966 / a);
    return pick((vi)(m == -INFINITY), all(0), y);
}

/* Steps of Halley's method towards w exp(w) = x. */
IN vd towards(vd w, vd x, int steps)
{
    for (int step = 0; step < steps; step++) {
        vd gap = w - x * v_exp(-w), one = w + 1;
        vd below = 2 * one * one - (w + 2) * gap;
        w -= pick((vi)(below == 0), all(0), 2 * gap * one / below);
    }
    return w;
}

/* The principal w with w exp(w) = x; not a number below -1/e. */
IN vd v_lambert_w(vd x)
{
    vi near = (vi)(x < -0.25);
    /* 1/e in two parts: near the branch point only the distance from it counts. */
    vd above = 2.718281828459045 * ((x + 0.36787944117144233) - 1.2428753672788363e-17);
    vd p = v_sqrt(2 * pick(near, above, all(1)));
    static const double terms[] = {
        221.0 / 8505, 680863.0 / 43545600, 1963.0 / 204120, 226287557.0 / 37623398400,
        5776369.0 / 1515591000, 169709463197.0 / 69528040243200};
    vd tail = all(terms[5]);
    for (int k = 4; k >= 0; k--) tail = terms[k] - p * tail;
    vd series = -1.0 / 3 + p * (11.0 / 72 + p * (-43.0 / 540 + p * (769.0 / 17280 - p * tail)));
    series = -1 + p * (1 + p * series);
    vd log = v_log1p(pick(near, all(0), x));
    vd w = pick(near, series, log * (1 - v_log1p(log) / (2 + log)));
    w = pick((vi)(above < 0.003), series, towards(w, x, 4));
    return pick((vi)(x == INFINITY), x, w);
}

/* The w > 0 with w + ln w = z: for large z by Newton's method in ln w, then in w. */
IN vd v_lambert_w_exp(vd z)
{
    vi high = (vi)(z > 1);
    vd large = pick(high, z, all(2)), x = v_exp(pick(high, all(0), z));
    vd v = v_ln(large - v_ln(large));
    for (int step = 0; step < 3; step++) {
        vd w = v_exp(v);
        v -= (w + v - large) / (w + 1);
    }
    vd w = v_exp(v);
    w -= w * (w + v_ln(w) - large) / (w + 1);
    w = pick((vi)(z > 1e17), z - v_ln(large), w);
    w = pick((vi)(z == INFINITY), z, w);
    vd log = v_log1p(x);
    return pick(high, w, towards(log * (1 - v_log1p(log) / (2 + log)), x, 4));
}
