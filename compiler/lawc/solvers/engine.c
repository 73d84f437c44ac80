/* Whole trajectories: events on the way, why one ends, and the threads that share the work.
   `run.h` and `stepping.h` stand before this text. */

#if E
/* An event's value is negative where its condition does not hold. */
static void conditions(const Run *run, double s, const double *y, double *g)
{
    law_conditions(run->start + run->span * s, y, run->p, g);
}

/* Whether a condition that holds just so is about to stop holding. */
static int leaving(const Run *run, int e, double h)
{
    double moved[N], g[E], now[E];
    const double d = 1e-6 * h;
    for (int i = 0; i < N; i++) moved[i] = run->y[i] + d * run->f[i];
    conditions(run, run->s, run->y, now);
    conditions(run, run->s + d, moved, g);
    return g[e] < now[e] && g[e] < 0;
}

/* The first armed event in a step: its number and part of the step, or -1. */
static int first_event(Run *run, double h, char *armed, double *part)
{
    double g[E], y[N], before = 0;
    for (int q = 0; q <= LOOKS; q++) {
        const double x = q / (double)LOOKS;
        int found = -1;
        double earliest = 2;
        if (q == 0) memcpy(y, run->y, sizeof y);
        else inside(run, x, y);
        conditions(run, run->s + x * h, y, g);
        for (int e = 0; e < E; e++) {
            /* What has just happened is looked for behind the start of the step. */
            if (!armed[e] || !(g[e] >= 0) || (q == 0 && armed[e] == JUST)) continue;
            double low = before, high = x;
            while (high - low > 2.3e-16 * (run->s / h + high) && q) {
                const double middle = 0.5 * (low + high);
                double seen[E], state[N];
                if (middle == low || middle == high) break;
                inside(run, middle, state);
                conditions(run, run->s + middle * h, state, seen);
                if (seen[e] >= 0) high = middle; else low = middle;
            }
            if (high < earliest) earliest = high, found = e;
        }
        if (found >= 0) { *part = earliest; return found; }
        for (int e = 0; e < E; e++)
            if (g[e] < 0) armed[e] = ARMED;
        before = x;
    }
    return -1;
}
#endif

/* A few tiny steps show how large each component gets, so that no scale is zero. */
static void reach(Run *run)
{
    double y[N], f[N], tiny = 1e-12;
    for (int tries = 0, good = 0; tries < 24 && !good; tries++) {
        /* Larger steps could jump over a stiff transient into values that never occur. */
        if (tries) tiny *= 0.1;
        for (int i = 0; i < N; i++) y[i] = run->y[i] + tiny * run->f[i];
        rates(run, tiny, y, f);
        good = 1;
        for (int i = 0; i < N; i++)
            good &= run->f[i] == 0 || fabs(f[i] - run->f[i]) <= 0.5 * fabs(run->f[i]);
    }
    memcpy(y, run->y, sizeof y);
    memcpy(f, run->f, sizeof f);
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < N; i++) {
            y[i] += tiny * f[i];
            if (fabs(y[i]) > run->peak[i]) run->peak[i] = fabs(y[i]);
        }
        if (k < 3) rates(run, tiny * (k + 1), y, f);
    }
}

static int explain(const Run *run, int *which)
{
    double fastest = -1;
    int grown = 0;
    *which = 0;
    for (int i = 0; i < N; i++) {
        const double speed = fabs(run->f[i]) / larger(run->peak[i], 1e-300);
        if (!isfinite(run->f[i]) || !isfinite(run->y[i])) { *which = i; return NO_NUMBER; }
        if (speed > fastest) fastest = speed, *which = i;
    }
    grown = fabs(run->y[*which]) > 100 * run->begin[*which];
    return grown || fabs(run->y[*which]) > 1e100 ? RUNAWAY : fastest > 1e6 ? SINGULAR : NO_NUMBER;
}

typedef struct {
    long count, most_steps, marks;
    const double *start, *span, *initial, *parameters, *moments, *mark, *sizes, *least;
    const int64_t *first;
    double rtol, until;
    int order;
    double *result, *end, *last, *most;
    int32_t *reason, *which;
    int64_t *steps;
    _Atomic long next;
} Work;

static int follow(Run *run, const Work *work, long number)
{
    const int64_t stop = work->first[number + 1];
    int64_t next = work->first[number];
    const double *mark = work->mark + number * work->marks, *last_mark = mark + work->marks;
    int32_t *which = work->which + number;
    double old = -9.2, kept_step = 0;
    int slower = 0, signs = 0, calm = 0, patience = 15, taken = 0, stiff_steps = 0;
#if E
    char armed[E];
    double g[E], last_event = -1;
    int events = 0, close = 0, recent = 0;
#endif
    run->s = 0, run->kind = work->order;
    run->rtol = work->rtol * (work->order == 8 ? 1 : SHARE);
    for (int i = 0; i < N; i++) {
        run->peak[i] = fabs(run->y[i]);
        if (!isfinite(run->y[i])) { *which = i; return NO_START; }
    }
    rates(run, 0, run->y, run->f);
    reach(run);
    for (int i = 0; i < N; i++) {
        if (run->peak[i] == 0) run->peak[i] = work->sizes[number * N + i];
        run->peak[i] = larger(run->peak[i], work->least[number * N + i]);
    }
    memcpy(run->begin, run->peak, sizeof run->peak);
    for (; next < stop && work->moments[next] <= 0; next++)
        memcpy(work->result + next * N, run->y, sizeof run->y);
#if K
    double *most = work->most + number * K;
    look(run, 0, run->y, most);
#endif
#if E
    conditions(run, 0, run->y, g);
    for (int e = 0; e < E; e++) armed[e] = g[e] < 0 ? ARMED : g[e] == 0 && leaving(run, e, 1e-3) ? JUST : 0;
#endif
    run->h = first_step(run, run->kind == 8 ? 8 : 5);
    for (long step = 0;; step++) {
        work->steps[number] = step;
        if (step >= work->most_steps) return TOO_LONG;
        if (run->s >= 1) return ARRIVED;
        double h = run->h < 1 - run->s ? run->h : 1 - run->s, error;
        if (run->s + h * 1.01 > 1) h = 1 - run->s;
        if (mark < last_mark && *mark - run->s <= BESIDE * larger(run->s, 1e-3)) {
            /* Rates may jump at a mark: what follows begins behind it. */
            while (mark < last_mark && *mark - run->s <= BESIDE * larger(run->s, 1e-3)) mark++;
            const double aside = 2 * BESIDE * larger(run->s, 1e-3);
            if (run->s + aside < 1 && !(next < stop && work->moments[next] <= run->s + aside)) {
                for (int i = 0; i < N; i++) run->y[i] += aside * run->f[i];
                run->s += aside;
                rates(run, run->s, run->y, run->f);
                continue;
            }
        }
        if (mark < last_mark && h > *mark - run->s) h = *mark - run->s;
        if (!(h > larger(SMALLEST * run->s, TINIEST))) {
            if (run->s >= 1 - 1e-14) {
                /* A mark beside the end leaves no step to it, and the end is still asked for. */
                for (; next < stop; next++) memcpy(work->result + next * N, run->y, sizeof run->y);
                run->s = 1;
                return ARRIVED;
            }
#if E
            if (last_event >= 0 && run->s - last_event < CLOSE * larger(run->s, 1e-3)) {
                *which = recent;
                return CROWDED;
            }
#endif
            return explain(run, which);
        }
        run->depth = 0;
        const int kind = run->kind;
        double wanted = 0;
        if (next < stop && work->moments[next] < run->s + h &&
            (kind == 4 || fastest(run) * h > ROUGH)) {
            /* Inside such a step the polynomial is worse than its ends. */
            wanted = h;
            h = work->moments[next] - run->s;
            if (!(h > larger(SMALLEST * run->s, TINIEST))) {
                memcpy(work->result + next++ * N, run->y, sizeof run->y);
                continue;
            }
        }
#if RODAS
        error = kind == 4 ? rodas(run, h) : kind == 5 ? explicit5(run, h) : explicit8(run, h);
#else
        error = kind == 5 ? explicit5(run, h) : explicit8(run, h);
#endif
        if (!(error < 1)) {
            double factor = 0.9 * pow(error, kind == 8 ? -0.125 : -0.2);
            run->h = h * (factor > 0.2 ? (factor < 0.95 ? factor : 0.95) : 0.2);
            slower = 1;
            continue;
        }
        if (kind == 4) rates(run, run->s + h, run->new, run->fnew);
        double factor, end = run->s + h;
        const double now = log(larger(error, 1e-9));
        if (kind == 8) factor = 0.9 * exp(-0.125 * now);
        else if (kind == 5) factor = 0.9 * exp(0.04 * old - (0.2 - 0.04 * 0.75) * now);
        else factor = 0.9 * exp(-0.2 * now);
        old = larger(now, -9.2);
        factor = factor < 0.2 ? 0.2 : factor > 10 ? 10 : factor;
        if (slower && factor > 1) factor = 1;
        slower = 0;
        double upto = 1;
        if (wanted > 0) end = work->moments[next];
        if (end >= 1 - 1e-15) end = 1;
#if E
        make_dense(run, h);
        const int event = first_event(run, h, armed, &upto);
        if (event >= 0) end = run->s + upto * h;
        if (end >= 1 - 1e-15) end = 1;
        const double whole = event >= 0 ? end - 4e-16 * end : end;
#else
        const double whole = end;
#endif
        for (; next < stop && (work->moments[next] <= whole || whole == 1); next++) {
            make_dense(run, h);
            const double x = (work->moments[next] - run->s) / h;
            if (wanted > 0 && upto == 1) memcpy(work->result + next * N, run->new, sizeof run->new);
            else inside(run, x < upto ? x : upto, work->result + next * N);
        }
#if K
        look_inside(run, h, upto, most);
#endif
#if E
        if (event >= 0) {
            double state[N];
            inside(run, upto, state);
            run->s = end;
            memcpy(run->y, state, sizeof state);
            *which = recent = event;
            if (law_stops[event]) {
                for (; next < stop && work->moments[next] <= end * (1 + 4e-16); next++)
                    memcpy(work->result + next * N, run->y, sizeof run->y);
                return end >= 1 ? ARRIVED : STOPPED;
            }
            conditions(run, end, run->y, g);
            const double held = g[event];
            law_reset(event, run->start + run->span * end, state, run->p, run->y);
            for (int i = 0; i < N; i++) {
                if (!isfinite(run->y[i])) return NO_NUMBER;
                run->peak[i] = larger(run->peak[i], fabs(run->y[i]));
            }
            rates(run, end, run->y, run->f);
            conditions(run, end, run->y, g);
            for (int e = 0; e < E; e++)
                if (g[e] < 0) armed[e] = ARMED;
            if (!(g[event] < 0))
                armed[event] = g[event] <= held && leaving(run, event, h) ? JUST : 0;
            close = end - last_event < CLOSE * larger(end, 1e-3) ? close + 1 : 0;
            last_event = end;
            if (++events > MOST_EVENTS || close > 20) return CROWDED;
#if K
            look(run, end, run->y, most);
#endif
            for (; next < stop && end >= 1; next++)
                memcpy(work->result + next * N, run->y, sizeof run->y);
            if (end >= 1) return ARRIVED;
            run->h = first_step(run, run->kind == 8 ? 8 : 5);
            signs = calm = 0;
            continue;
        }
#endif
        const double stiff = run->stiff;
        run->s = end;
        memcpy(run->y, run->new, sizeof run->y);
        memcpy(run->f, run->fnew, sizeof run->f);
        for (int i = 0; i < N; i++) run->peak[i] = larger(run->peak[i], fabs(run->y[i]));
        run->h = larger(h * factor, wanted);
        if (kind != 4) {
            if (stiff > 2.5) {
                calm = 0;
                if (++signs >= patience) {
#if RODAS
                    run->kind = 4, kept_step = h, taken = signs = 0;
#else
                    return STIFF;
#endif
                }
            } else if (++calm >= 6) signs = 0;
        } else if (kept_step > 0 && ++taken == TRIAL) {
            /* Its steps cost more: it pays where they are longer. */
            if (h < 2 * kept_step) {
                run->kind = work->order, run->h = kept_step, patience = 8 * TRIAL;
                old = -9.2;
            }
            kept_step = 0;
        }
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void *labour(void *given)
{
    Work *work = given;
    static __thread Run own; /* on the stack it was an order of magnitude slower */
    Run *run = &own;
    while (now() < work->until) {
        const long number = work->next++;
        if (number >= work->count) break;
        run->start = work->start[number], run->span = work->span[number];
        run->p = work->parameters + number * P;
        memcpy(run->y, work->initial + number * N, sizeof run->y);
        work->reason[number] = follow(run, work, number);
        work->end[number] = run->s;
        memcpy(work->last + number * N, run->y, sizeof run->y);
    }
    return NULL;
}

/* Follow trajectories in order until time is up, at least one; return how many were followed. */
long follow_all(
    long count, const double *start, const double *span, const double *initial,
    const double *parameters, const double *sizes, const double *least, const double *mark,
    long marks, const int64_t *first,
    const double *moments, double rtol, int order,
    long most_steps, double seconds, double *result, double *end, double *last, double *most,
    int32_t *reason, int32_t *which, int64_t *steps, int threads)
{
    Work work = {
        count, most_steps, marks, start, span, initial, parameters, moments, mark, sizes, least,
        first, rtol,
        now() + seconds, order, result, end, last, most, reason, which, steps, 0};
    pthread_t others[64];
    int begun = 0;
    while (begun < threads - 1 && begun < 64 && begun < count - 1)
        if (pthread_create(others + begun, NULL, labour, &work)) break;
        else begun++;
    labour(&work);
    while (begun) pthread_join(others[--begun], NULL);
    return work.next < count ? work.next : count;
}
