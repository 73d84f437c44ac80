/* Draw points of a box, a tile of rows at a time, and keep those that hold.

   D inputs, CONDITIONS on them, ANSWERS to them; SOBOL or else independent numbers of PCG64.
   `hold` and `answer` are generated. A tile is drawn column by column, which leaves all lanes
   independent of each other, and stays in the processor's nearest cache until it is answered.
   All arithmetic is IEEE's, rounded one by one, so that numpy draws the same rows. */

#define TILE 128
#define TILE_BITS 7
/* Rows that are fetched ahead of being written: a new place is slow only if nobody expects it. */
#define AHEAD 256

typedef struct {
    double low, span, high, log; /* log is ln(high / low), or 0 where values spread evenly */
    uint64_t ladder;             /* where `native/ladders.py` tabulates the range, or 0 */
} stretch_t;

/* How an input is spread: evenly where no bound can be crossed, logarithmically by a ladder or
   where no exponent can be too large, or with all care. */
enum { EVEN, CLIMBED, GROWN, CAREFUL };

static int kind_of(const stretch_t *s)
{
    if (s->ladder) return CLIMBED;
    if (s->log) return s->log < 700 ? GROWN : CAREFUL;
    return s->span >= 0x1p-900 && s->span < INFINITY && s->low + s->span <= s->high ? EVEN : CAREFUL;
}

/* The smaller of two that are no NaN. */
IN vd lesser(vd x, vd y) { return pick((vi)(x < y), x, y); }

/* exp(x) for x >= 0 as a factor near 1 and a number of doublings, by the same steps as
   `lowering/spreading.py`. */
IN vd grown(vd x, vi *doublings)
{
    const double whole = 0x1.8p52;
    const vd shifted = x * 0x1.71547652b82fep+0 + whole;
    const vd count = shifted - whole;
    const vd r = (x - count * 0x1.62e42feep-1) - count * 0x1.a39ef35793c76p-33;
    static const double terms[] = {1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
        1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0};
    vd sum = all(terms[0]);
    for (int k = 1; k < 12; k++) sum = sum * r + terms[k];
    *doublings = (vi)shifted - (vi)all(whole);
    return sum;
}

/* Spread shares of 2^53 by a ladder, by the same steps as `lowering/spreading.py`. */
IN vd climbed(const double *ladder, vd number)
{
    const double whole = 0x1.8p52;
    const vd place = number * (0x1p-53 * RUNGS);
    const vd shifted = place + whole;
    const vd r = place - (shifted - whole);
    /* The lowest bits are a whole number, and those of `whole` are zero. */
    const vi rung = (vi)shifted & (2 * RUNGS - 1);
    vd sum = r * ladder[0], value;
    for (int k = 1; k < TERMS; k++) sum = (sum + ladder[k]) * r;
    EACH(j) value[j] = ladder[TERMS + rung[j]];
    return value * (sum + 1);
}

/* Spread a whole number below 2^53, as a share of 2^53. */
IN vd spread(int kind, stretch_t s, vd number)
{
    vi doublings;
    /* Powers of two change no rounding here. */
    if (kind == EVEN) return s.low + s.span * 0x1p-53 * number;
    if (kind == CLIMBED) return climbed((const double *)s.ladder, number);
    if (kind == GROWN) {
        const vd sum = grown(number * (s.log * 0x1p-53), &doublings);
        /* Doubled by its exponent. */
        return lesser((vd)((vi)sum + (doublings << 52)) * s.low, all(s.high));
    }
    /* None is below the lower end, and a share of 0 is that end. */
    const vd share = number * 0x1p-53;
    vd value = s.low + s.span * share;
    if (s.log) {
        /* In two halves, since one doubling may be beyond the exponents where the value is not. */
        const vd sum = grown(share * s.log, &doublings);
        const vi half = doublings >> 1;
        value = s.low * (vd)((half + 1023) << 52) * sum * (vd)((doublings - half + 1023) << 52);
    } else if (s.span == INFINITY) {
        value = v_max(s.low * (1 - share) + s.high * share, all(s.low));
    }
    return lesser(value, all(s.high));
}

#ifdef SOBOL
/* The points of one input: each point of a tile is one of a pattern, moved by the tile's base. */
typedef struct {
    uint64_t base, change[53 - TILE_BITS], within[TILE / W];
    vu lanes;
} source_t;

/* Where a tile begins all lower bits of a number are zero. `direction` has 53 directions and
   then the shift. */
static void begin_at(source_t *s, const uint64_t *direction, int64_t tile)
{
    const uint64_t gray = (tile * TILE) ^ ((tile * TILE) >> 1);
    s->base = direction[53];
    for (int bit = 0; bit < 53; bit++)
        if (gray >> bit & 1) s->base ^= direction[bit];
    uint64_t point = 0;
    for (int i = 0; i < TILE; i++) {
        if (i) point ^= direction[__builtin_ctz(i)];
        if (i < W) s->lanes[i] = point;
        if (i % W == 0) s->within[i / W] = point;
    }
    for (int bit = TILE_BITS; bit < 53; bit++)
        s->change[bit - TILE_BITS] = direction[bit] ^ direction[TILE_BITS - 1];
}

IN void fill(int kind, const stretch_t *stretch, source_t *s, double *x)
{
    const stretch_t known = *stretch;
    const vu from = s->lanes ^ s->base;
    for (int i = 0; i < TILE; i += W) {
        const vu number = from ^ s->within[i / W];
        store(x + i, spread(kind, known, __builtin_convertvector((vi)number, vd)));
    }
}
#else
IN void fill(int kind, const stretch_t *stretch, source_t *s, double *x)
{
    const stretch_t known = *stretch;
    source_t now = *s;
    for (int i = 0; i < TILE; i += SPAN) {
        for (int part = 0; part < SPAN / W; part++) {
            const vu number = drawn(&now, part);
            const vd value = spread(kind, known, __builtin_convertvector((vi)number, vd));
            store(x + i + part * W, value);
        }
    }
    *s = now;
}
#endif

/* Of points first, first + 1, … of `count`, write those that hold and, where there are
   conditions, which ones they are; return how many. Failures of each condition are counted, and
   after them whether an answer is not finite. */
int64_t draw(int64_t first, int64_t count, const uint64_t *state, const stretch_t *stretch,
             double *const *columns, int64_t *failures, int64_t *places)
{
    enum { ALL = D + ANSWERS };
    int64_t kept = 0;
    vi failed[CONDITIONS + 1] = {{0}}, odd = {0}, lane;
    double tile[ALL][TILE] __attribute__((aligned(64))), *to[ALL];
    int32_t chosen[TILE];
    int kinds[D];
    source_t sources[D];
    EACH(j) lane[j] = j;
    for (int k = 0; k < ALL; k++) to[k] = columns[k];
    for (int k = 0; k < D; k++) kinds[k] = kind_of(&stretch[k]);
#ifdef SOBOL
    int64_t number = first / TILE;
    for (int k = 0; k < D; k++) begin_at(&sources[k], state + 54 * k, number);
    const int64_t start = number * TILE;
#else
    const wide factor = (wide)state[0] << 64 | state[1], sum = (wide)state[2] << 64 | state[3];
    for (int k = 0; k < D; k++)
        begin_at(&sources[k], (wide)state[4 + 2 * k] << 64 | state[5 + 2 * k], factor, sum);
    const int64_t start = first;
#endif
    for (int64_t row = start; row < first + count; row += TILE) {
        for (int k = 0; k < D; k++) switch (kinds[k]) {
            case EVEN: fill(EVEN, &stretch[k], &sources[k], tile[k]); break;
            case CLIMBED: fill(CLIMBED, &stretch[k], &sources[k], tile[k]); break;
            case GROWN: fill(GROWN, &stretch[k], &sources[k], tile[k]); break;
            default: fill(CAREFUL, &stretch[k], &sources[k], tile[k]);
        }
#ifdef SOBOL
        number++;
        for (int k = 0; k < D; k++)
            sources[k].base ^= sources[k].change[__builtin_ctzll(number)];
#endif
        const int begin = row < first ? first - row : 0;
        const int end = row + TILE > first + count ? first + count - row : TILE;
        if (!CONDITIONS && end - begin == TILE) {
            /* Written while it is answered, so that neither waits for the other. */
            for (int i = 0; i < TILE; i += W) {
                vd x[ALL];
                for (int k = 0; k < D; k++) {
                    x[k] = load(tile[k] + i);
                    store(to[k] + kept + i, x[k]);
                    __builtin_prefetch(to[k] + kept + i + AHEAD, 1);
                }
#if ANSWERS
                odd |= answer(x, x + D);
                for (int k = D; k < ALL; k++) {
                    store(to[k] + kept + i, x[k]);
                    __builtin_prefetch(to[k] + kept + i + AHEAD, 1);
                }
#endif
            }
            kept += TILE;
            continue;
        }
        int held = 0;
        for (int i = 0; i < TILE; i += W) {
            vd x[ALL];
            vi inside = (vi)(lane >= begin - i) & (vi)(lane < end - i);
            for (int k = 0; k < D; k++) x[k] = load(tile[k] + i);
#if CONDITIONS
            inside = hold(x, inside, failed);
#endif
#if ANSWERS
            odd |= inside & answer(x, x + D);
            for (int k = D; k < ALL; k++) store(tile[k] + i, x[k]);
#endif
            EACH(j) chosen[held] = i + j, held -= inside[j];
        }
        for (int k = 0; k < ALL; k++)
            if (held == TILE) memcpy(to[k] + kept, tile[k], sizeof tile[k]);
            else for (int i = 0; i < held; i++) to[k][kept + i] = tile[k][chosen[i]];
#if CONDITIONS
        for (int i = 0; i < held; i++) places[kept + i] = row + chosen[i] - first;
#endif
        kept += held;
    }
    for (int k = 0; k < CONDITIONS; k++)
        for (int j = 0; j < W; j++) failures[k] -= failed[k][j];
    failures[CONDITIONS] = any(odd);
    return kept;
}
