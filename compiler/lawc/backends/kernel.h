/* Matrix products of small networks in registers.

   Before it stand `vectors.h` and a definition of `real`. Rows are points of a channel, and vectors
   lie along neurons, whose number is filled up with zeros to whole vectors. */

#if defined(__AVX512F__)
#define BYTES 64
#define ROWS(V) ((V) == 4 ? 6 : (V) == 3 ? 8 : (V) == 2 ? 12 : 12)
#define PANEL 4
#elif defined(__AVX2__)
#define BYTES 32
#define ROWS(V) ((V) == 3 ? 4 : (V) == 2 ? 6 : 8)
#define PANEL 2
#elif defined(__aarch64__)
#define BYTES 16
#define ROWS(V) ((V) == 4 ? 6 : (V) == 3 ? 8 : 12)
#define PANEL 4
#else
#define BYTES 16
#define ROWS(V) ((V) == 2 ? 4 : 8)
#define PANEL 2
#endif
#define LANES (BYTES / (int)sizeof(real))
#define UP(n) (((n) + LANES - 1) / LANES * LANES)
#define MOST_ROWS 12
#define UNROLL _Pragma("GCC unroll 16")

typedef real vec __attribute__((vector_size(BYTES), may_alias));
typedef real some __attribute__((vector_size(W * sizeof(real)), aligned(sizeof(real)), may_alias));

#define R(x) ((real)(x))
#define AT(p) (*(vec *)(p))
IN vec each(real x) { return x - (vec){0}; }
IN real total(vec x)
{
    real sum = 0;
    for (int k = 0; k < LANES; k++) sum += x[k];
    return sum;
}
IN vd wide(const real *from) { return __builtin_convertvector(*(const some *)from, vd); }
IN void narrow(real *to, vd x) { *(some *)to = __builtin_convertvector(x, some); }

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(PLAIN_FUNCTIONS) && BYTES >= 32
#if __GLIBC_PREREQ(2, 35)
#if BYTES == 64
extern vec NAME(e)(vec) __attribute__((const));
IN vec hyperbolic(vec x) { return NAME(e)(x); }
#else
extern vec NAME(d)(vec) __attribute__((const));
IN vec hyperbolic(vec x) { return NAME(d)(x); }
#endif
#define HAVE_TANH
#endif
#endif
#ifndef HAVE_TANH
IN vec hyperbolic(vec x)
{
    vec y;
    for (int k = 0; k < LANES; k++) y[k] = R(tanh(x[k]));
    return y;
}
#endif

/* c[r][v] (+)= sum over k of a[r*ra + k*ka] * b[k][v] for some rows and vectors. */
IN void block(const int rows, const int vectors, const int K, const real *a, const int ra,
              const int ka, const real *b, const int ldb, real *c, const int ldc, const int add,
              const real *bias)
{
    vec s[MOST_ROWS][PANEL];
    UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int j = 0; j < vectors; j++)
            s[i][j] = add ? AT(c + i * ldc + j * LANES) : bias ? AT(bias + j * LANES) : each(0);
    for (int k = 0; k < K; k++) {
        vec x[PANEL];
        UNROLL for (int j = 0; j < vectors; j++) x[j] = AT(b + k * ldb + j * LANES);
        UNROLL for (int i = 0; i < rows; i++) {
            vec f = each(a[i * ra + k * ka]);
            UNROLL for (int j = 0; j < vectors; j++) s[i][j] += f * x[j];
        }
    }
    UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int j = 0; j < vectors; j++) AT(c + i * ldc + j * LANES) = s[i][j];
}

/* The same for any number of rows. */
IN void panel(const int M, const int vectors, const int K, const real *a, const int ra,
              const int ka, const real *b, const int ldb, real *c, const int ldc, const int add,
              const real *bias)
{
    const int rows = ROWS(vectors), rest = M % rows;
    int i = 0;
    for (; i + rows <= M; i += rows)
        block(rows, vectors, K, a + i * ra, ra, ka, b, ldb, c + i * ldc, ldc, add, bias);
    if (rest) block(rest, vectors, K, a + i * ra, ra, ka, b, ldb, c + i * ldc, ldc, add, bias);
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
