/* What Python calls. */

int64_t size(int which)
{
    const int64_t sizes[] = {PACKED, SLOPE, WORK, T};
    return sizes[which];
}

/* Lay weights out in whole vectors, along and across. */
void pack(const real *theta, real *p)
{
    memset(p, 0, PACKED * sizeof(real));
    for (int l = 0; l < (int)(sizeof layers / sizeof *layers); l++) {
        const int in = layers[l].in, out = layers[l].out;
        for (int o = 0; o < out; o++)
            for (int i = 0; i < in; i++) {
                if (layers[l].across >= 0) p[layers[l].across + i * UP(out) + o] = theta[o * in + i];
                if (layers[l].along >= 0) p[layers[l].along + o * UP(in) + i] = theta[o * in + i];
            }
        theta += in * out;
        for (int o = 0; o < out; o++) p[layers[l].offset + o] = theta[o];
        theta += out;
    }
}

/* Add up the slopes of some shares in their order, laid out as the weights are. */
void gather(int shares, const real *g, real *slope)
{
    for (int l = 0; l < (int)(sizeof layers / sizeof *layers); l++) {
        const int in = layers[l].in, out = layers[l].out;
        const int by_out = layers[l].along < 0 ? 1 : UP(in), by_in = layers[l].along < 0 ? UP(out) : 1;
        for (int o = 0; o < out; o++) {
            const real *from = g + layers[l].slope + o * by_out;
            for (int i = 0; i < in; i++) {
                double sum = 0;
                for (int s = 0; s < shares; s++) sum += from[s * (int64_t)SLOPE + i * by_in];
                slope[o * in + i] = sum;
            }
            double sum = 0;
            for (int s = 0; s < shares; s++)
                sum += g[s * (int64_t)SLOPE + layers[l].slope_offset + o];
            slope[in * out + o] = sum;
        }
        slope += (in + 1) * out;
    }
}

/* The cost of some tiles, its slope where g is given, and weighted rows where out is. */
double share(int64_t first, int64_t last, const real *x, const double *d, int64_t stride,
             const double *factor, const real *p, real *g, real *w, double *out)
{
    double cost = 0;
    if (g) memset(g, 0, SLOPE * sizeof(real));
    for (int64_t k = first; k < last; k++) {
        cost += ahead(x + k * T, d + k * T, stride, factor, p, w, out ? out + k * T : 0, stride);
        if (g) back(x + k * T, stride, p, g, w);
    }
    return cost;
}

/* Weighted rows of some tiles, and how each changes with each weight: row r at a point is row
   r * apart + point - first point. The scratch g holds the slopes of a tile. */
void jacobian(int64_t first, int64_t last, int64_t count, const real *x, const double *d,
              int64_t stride, const double *factor, const real *p, real *g, real *w, double *out,
              real *matrix, int64_t apart, int64_t weights)
{
    for (int64_t k = first; k < last; k++) {
        const double *here = d + k * T;
        ahead(x + k * T, here, stride, factor, p, w, out + k * T, stride);
        for (int r = 0; r < ROWS_COUNT; r++) {
            stage_of_row(w + U, here, stride, factor, w + Q, r);
            back_each(x + k * T, stride, p, g, w);
            real *to = matrix + (r * apart + (k - first) * T) * weights;
            for (int t = 0; t < T && k * T + t < count; t++)
                gather(1, g + t * SLOPE, to + t * weights);
        }
    }
}
