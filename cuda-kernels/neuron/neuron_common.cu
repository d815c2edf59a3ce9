// What follows the sequence kernels of all models.
//
// neuronSums: out[c] = factor * sum over r of partials[r, c], in double precision and in a fixed order: thread y of a
// column takes the rows y, y + 16, .. and the 16 are added pairwise. A block owns 32 columns of one sum; a single
// column is shared by all its 512 threads. Moved: 4 bytes a partial.
#include "common/sums.cuh"
#include "neuron/neuron.cuh"

struct NeuronSum {
  const float* partials;  // (rows, columns)
  float* out;             // columns
  const float* weight;    // PLIF's w: multiplies by r (1 - r); else null
  double factor;
  int rows;
  int columns;
};

struct NeuronSums {
  NeuronSum of[4];
};

KLIF_KERNEL_BARRIER void neuronSums(NeuronSums sums) {
  KLIF_SHARED(double, parts, 512);
  const NeuronSum& sum = sums.of[blockIdx.y];
  const int thread = threadIdx.x;
  const bool single = sum.columns == 1;
  const int width = single ? 1 : 32;
  const int lanes = 512 / width;
  const int column = blockIdx.x * width + thread % width;
  double part = 0.0;
  if (column < sum.columns) {
    // eight loads are under way at once; the order of the additions is that of the rows
    constexpr int LOADS = 8;
    KLIF_ROLLED
    for (int first = thread / width; first < sum.rows; first += LOADS * lanes) {
      float loaded[LOADS];
      KLIF_UNROLL
      for (int i = 0; i < LOADS; i++) {
        const int row = first + i * lanes;
        loaded[i] = row < sum.rows ? sum.partials[static_cast<long long>(row) * sum.columns + column] : 0.0f;
      }
      KLIF_UNROLL
      for (int i = 0; i < LOADS; i++) {
        part += loaded[i];
      }
    }
  }
  parts[thread] = part;
  joinRows(thread, width, lanes, [&](int mine, int other) { parts[mine] += parts[other]; });
  if (thread < width && column < sum.columns) {
    double factor = sum.factor;
    if (sum.weight != nullptr) {
      const float r = Plif::rate(NeuronConstants{}, sum.weight);
      factor *= r * (1.0 - r);
    }
    const double total = parts[thread];
    sum.out[column] = static_cast<float>(total * factor);
  }
}
