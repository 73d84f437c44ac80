/* Matrix products of small networks in registers.

   Before it stand `vectors.h` and a definition of `real`. Rows are points of a channel, and vectors
   lie along neurons, whose number is filled up with zeros to whole vectors. */

#if defined(__AVX512F__)
#include <immintrin.h>
#define BYTES 64
#define ROWS(V) ((V) == 4 ? 6 : (V) == 3 ? 8 : (V) == 2 ? 12 : 12)
#define PANEL 4
#define GROUP 5
#elif defined(__AVX2__)
#define BYTES 32
#define ROWS(V) ((V) == 3 ? 4 : (V) == 2 ? 6 : 8)
#define PANEL 2
#define GROUP 2
#elif defined(__aarch64__)
#define BYTES 16
#define ROWS(V) ((V) == 4 ? 6 : (V) == 3 ? 8 : 12)
#define PANEL 4
#define GROUP 5
#else
#define BYTES 16
#define ROWS(V) ((V) == 2 ? 4 : 8)
#define PANEL 2
#define GROUP 2
#endif
#define LANES (BYTES / (int)sizeof(real))
#define UP(n) (((n) + LANES - 1) / LANES * LANES)
#define MOST_ROWS 12
/* What is compiled by itself has all registers. */
#define APART static __attribute__((noinline)) void
#define UNROLL _Pragma("GCC unroll 16")

typedef real vec __attribute__((vector_size(BYTES), may_alias));
#ifdef SINGLE
typedef int32_t bits __attribute__((vector_size(BYTES)));
#else
typedef int64_t bits __attribute__((vector_size(BYTES)));
#endif
typedef real some __attribute__((vector_size(W * sizeof(real)), aligned(sizeof(real)), may_alias));

#define R(x) ((real)(x))
#define AT(p) (*(vec *)(p))
IN vec spread(real x) { return x - (vec){0}; }
/* The totals of four vectors, one after another. */
IN void totals(const vec *x, real plus, real *to)
{
#if defined(__AVX512F__) && defined(SINGLE)
    const __m512 a = (__m512)x[0], b = (__m512)x[1], c = (__m512)x[2], d = (__m512)x[3];
    const __m512 ab = _mm512_unpacklo_ps(a, b) + _mm512_unpackhi_ps(a, b);
    const __m512 cd = _mm512_unpacklo_ps(c, d) + _mm512_unpackhi_ps(c, d);
    const __m512 all = _mm512_shuffle_ps(ab, cd, 0x44) + _mm512_shuffle_ps(ab, cd, 0xee);
    const __m512 half = all + _mm512_shuffle_f32x4(all, all, 0x4e);
    const __m512 sums = half + _mm512_shuffle_f32x4(half, half, 0xb1);
    _mm_storeu_ps(to, _mm512_castps512_ps128(sums) + _mm_set1_ps(plus));
#elif defined(__AVX512F__)
    const __m512d a = (__m512d)x[0], b = (__m512d)x[1], c = (__m512d)x[2], d = (__m512d)x[3];
    const __m512d ab = _mm512_unpacklo_pd(a, b) + _mm512_unpackhi_pd(a, b);
    const __m512d cd = _mm512_unpacklo_pd(c, d) + _mm512_unpackhi_pd(c, d);
    const __m512d all = _mm512_shuffle_f64x2(ab, cd, 0x88) + _mm512_shuffle_f64x2(ab, cd, 0xdd);
    const __m512d sums = all + _mm512_shuffle_f64x2(all, all, 0xb1);
    const __m512d packed = _mm512_shuffle_f64x2(sums, sums, 0x08);
    _mm256_storeu_pd(to, _mm512_castpd512_pd256(packed) + _mm256_set1_pd(plus));
#else
    for (int i = 0; i < 4; i++) {
        real sum = plus;
        for (int k = 0; k < LANES; k++) sum += x[i][k];
        to[i] = sum;
    }
#endif
}
IN vd wide(const real *from) { return __builtin_convertvector(*(const some *)from, vd); }
IN void narrow(real *to, vd x) { *(some *)to = __builtin_convertvector(x, some); }

/* The smaller of two, the second where there is none. */
IN vec least(vec x, vec y)
{
#if defined(__AVX512F__) && defined(SINGLE)
    return (vec)_mm512_min_ps((__m512)x, (__m512)y);
#elif defined(__AVX512F__)
    return (vec)_mm512_min_pd((__m512d)x, (__m512d)y);
#else
    const bits less = x < y;
    return (vec)((less & (bits)x) | (~less & (bits)y));
#endif
}

/* tanh x = e / (e + 2) with e = exp(2|x|) - 1, to within 3 units of the last place.

   With 2|x| = n ln 2 + r, e = 2^n (exp(r) - 1) + (2^n - 1). The terms are those of (exp(r) - 1 - r) / r²
   by interpolation at Chebyshev's points of |r| <= ln 2 / 2, to 1e-8 or 4e-17 of e. They are summed up
   in pairs, pairs of pairs, and so on: one after another each would wait for the one before. */
IN vec hyperbolic(vec x)
{
#ifdef SINGLE
    enum { mantissa = 23, bias = 127, COUNT = 5 };
    const real round = 0x1.8p23f, high = 0x1.62e4p-1f, low = 0x1.7f7d1cp-20f, most = 10;
    static const float terms[] = {0x1.0000000000000p-1f, 0x1.5554dcf88fd17p-3f, 0x1.5555192d5f5dep-5f,
        0x1.120b6e42d2112p-7f, 0x1.6d11093a17fd8p-10f};
#else
    enum { mantissa = 52, bias = 1023, COUNT = 10 };
    const real round = 0x1.8p52, high = 0x1.62e42fefap-1, low = 0x1.cf79abc9e3b39p-40, most = 22;
    static const double terms[] = {0x1.0000000000001p-1, 0x1.5555555555556p-3, 0x1.5555555553d63p-5,
        0x1.11111111109b3p-7, 0x1.6c16c1788bd90p-10, 0x1.a01a01a7c41d5p-13,
        0x1.a019b90d2ae7ap-16, 0x1.71de0dae63bb3p-19, 0x1.289185613a3d6p-22,
        0x1.af38a9b0ec855p-26};
#endif
    const bits sign = (bits)x & (bits)spread(R(-0.0));
    /* What is no number stays none. */
    const vec size = least(spread(most), (vec)((bits)x ^ sign)) * 2;
    const vec shifted = size * R(1.4426950408889634) + round, n = shifted - round;
    const vec r = size - n * high - n * low;
    vec q[COUNT + 1], power = r;
    UNROLL for (int k = 0; k < COUNT; k++) q[k] = spread(terms[k]);
#define PAIRS(count)                                                              \
    UNROLL for (int k = 0; k < (count) / 2; k++) q[k] = q[2 * k] + q[2 * k + 1] * power; \
    if ((count) % 2) q[(count) / 2] = q[(count) - 1];                             \
    power *= power
    PAIRS(COUNT);
    PAIRS((COUNT + 1) / 2);
    PAIRS((COUNT + 3) / 4);
    PAIRS((COUNT + 7) / 8);
#undef PAIRS
    const vec whole = (vec)(((bits)shifted + bias) << mantissa);
    const vec e = (q[0] * r * r + r) * whole + (whole - 1);
    return (vec)((bits)(e / (e + 2)) | sign);
}

/* c[r][v] (+)= sum over k of a[r*ra + k*ka] * b[k][v] for some rows and vectors. */
IN void block(const int rows, const int vectors, const int K, const real *a, const int ra,
              const int ka, const real *b, const int ldb, real *c, const int ldc, const int add)
{
    vec s[MOST_ROWS][PANEL];
    UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int j = 0; j < vectors; j++)
            s[i][j] = add ? AT(c + i * ldc + j * LANES) : spread(0);
    for (int k = 0; k < K; k++) {
        vec x[PANEL];
        UNROLL for (int j = 0; j < vectors; j++) x[j] = AT(b + k * ldb + j * LANES);
        UNROLL for (int i = 0; i < rows; i++) {
            vec f = spread(a[i * ra + k * ka]);
            UNROLL for (int j = 0; j < vectors; j++) s[i][j] += f * x[j];
        }
    }
    UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int j = 0; j < vectors; j++) AT(c + i * ldc + j * LANES) = s[i][j];
}

/* The same for any number of rows. */
IN void panel(const int M, const int vectors, const int K, const real *a, const int ra,
              const int ka, const real *b, const int ldb, real *c, const int ldc, const int add)
{
    const int rows = ROWS(vectors), rest = M % rows;
    int i = 0;
    for (; i + rows <= M; i += rows)
        block(rows, vectors, K, a + i * ra, ra, ka, b, ldb, c + i * ldc, ldc, add);
    if (rest) block(rest, vectors, K, a + i * ra, ra, ka, b, ldb, c + i * ldc, ldc, add);
}

/* u[o*T + t] = plus[o] + sum over k of y[t][k] * w[o][k] for some outputs; T is a multiple of 4. */
IN void said(const int outputs, const int width, const real *y, const real *w, const real *plus,
             real *u)
{
    for (int t = 0; t < T; t += 4) {
        vec s[GROUP][4];
        UNROLL for (int o = 0; o < outputs; o++)
            UNROLL for (int i = 0; i < 4; i++) s[o][i] = spread(0);
        for (int v = 0; v < width; v += LANES) {
            vec x[4];
            UNROLL for (int i = 0; i < 4; i++) x[i] = AT(y + (t + i) * width + v);
            UNROLL for (int o = 0; o < outputs; o++) {
                const vec f = AT(w + o * width + v);
                UNROLL for (int i = 0; i < 4; i++) s[o][i] += x[i] * f;
            }
        }
        UNROLL for (int o = 0; o < outputs; o++)
            totals(s[o], plus ? plus[o] : 0, u + o * T + t);
    }
}

/* The same for any number of outputs. */
IN void all_said(const int outputs, const int width, const real *y, const real *w,
                 const real *plus, real *u)
{
    const int rest = outputs % GROUP;
    int o = 0;
    for (; o + GROUP <= outputs; o += GROUP)
        said(GROUP, width, y, w + o * width, plus ? plus + o : 0, u + o * T);
    if (rest) said(rest, width, y, w + o * width, plus ? plus + o : 0, u + o * T);
}

/* Carry out STEP(first vector, number of vectors) for all vectors of a width. */
#define PANELS(width, STEP)                                                            \
    do {                                                                               \
        int first_ = 0;                                                                \
        for (; first_ + PANEL <= UP(width) / LANES; first_ += PANEL) STEP(first_, PANEL); \
        switch (UP(width) / LANES % PANEL) {                                           \
        case 3: STEP(first_, (PANEL > 3 ? 3 : 1)); break;                              \
        case 2: STEP(first_, (PANEL > 2 ? 2 : 1)); break;                              \
        case 1: STEP(first_, 1); break;                                                \
        }                                                                              \
    } while (0)
