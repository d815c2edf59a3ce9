/*
 * Losses on the mean over T of the network's output, and one on each step's (docs/MATH.md).
 *
 * Equation     rate[n, c] = sum over t of output[t, n, c] / T
 *              q = own at the label, rest at the other classes; 1 and 0 without label smoothing; they add up to 1
 *              with mixed labels of weights w and 1 - w: each loss is w times that of the first and 1 - w times that of the second,
 *              and q in a gradient is (1 - s) rest + s own, s the weight of a class's labels
 *              MSE: loss = mean over n, c of (rate - q)^2;  cross entropy: loss = mean over n of -sum over c of q log softmax(rate)
 *              gOutput[t, n, c] = scale / T times 2 (rate - q) / (N C), or (softmax(rate) - q) / N
 *              TET: loss = (1 - lambda) mean over t, n of -sum over c of q log softmax(output[t]) + lambda mean (output - mean)^2
 *              gOutput[t, n, c] = scale / T times (1 - lambda) (softmax(output[t]) - q) / N + lambda 2 (output - mean) / (N C)
 *              correct = number of n whose first largest rate is at the label
 * Ownership    a warp takes one sample, its lanes the classes; a second kernel of one block adds the samples in a fixed order.
 *              Everything in float64: the tensors are small.
 * Bytes moved  forward b per output element (b = 4 or 2) and 4 / T; backward the same, written. TET forward 2 b, backward b more.
 */
#include "common/loops.cuh"
#include "common/parts.cuh"
#include "common/sums.cuh"

[[maybe_unused]] constexpr unsigned int kAllLanes = 0xffffffffu;
[[maybe_unused]] constexpr int kThreads = 256;

/** What forward leaves of a sample: its loss, and 1 when its first largest rate is at the label, else 0. */
constexpr int kPerSample = 2;

/** Loss.Kind. */
enum Kind { kMse, kCrossEntropy, kTet };

/** The largest of a sample's numbers over all lanes, and the first class that has it. */
template <typename T>
KLIF_DEVICE void largest(const T* row, int classes, float& value, int& index) {
  int lane = static_cast<int>(threadIdx.x) % 32;
  index = lane < classes ? lane : 0;
  value = toFloat(row[index]);
  for (int k = lane + 32; k < classes; k += 32) {
    float other = toFloat(row[k]);
    if (other > value) {
      value = other;
      index = k;
    }
  }
  for (int bits = 16; bits > 0; bits /= 2) {
    float otherValue = __shfl_xor_sync(kAllLanes, value, bits);
    int otherIndex = __shfl_xor_sync(kAllLanes, index, bits);
    if (otherValue > value || (otherValue == value && otherIndex < index)) {
      value = otherValue;
      index = otherIndex;
    }
  }
}

/** Sum over classes of exp(row - top), the same in all lanes. */
template <typename T>
KLIF_DEVICE double sumOfExponentials(const T* row, int classes, float top) {
  double sum = 0.0;
  for (int k = static_cast<int>(threadIdx.x) % 32; k < classes; k += 32) {
    sum += exp(static_cast<double>(toFloat(row[k])) - static_cast<double>(top));
  }
  return sumWarp(sum);
}

/** A sample's labels: one, or two that are mixed. */
struct Labels {
  int first;
  int second;
  double weight;
};

/** labels: batch of them; mixed, then batch second ones and the batch first ones' weights as the bits of a float. */
KLIF_DEVICE Labels labelsOf(const int* labels, int mixed, int batch, long long sample) {
  int first = labels[sample];
  if (mixed == 0) {
    return {first, first, 1.0};
  }
  unsigned bits = static_cast<unsigned>(labels[2LL * batch + sample]);
  return {first, labels[batch + sample], static_cast<double>(__uint_as_float(bits))};
}

/** q of class k. */
KLIF_DEVICE double target(const Labels& labels, int k, double rest, double own) {
  double share = (k == labels.first ? labels.weight : 0.0) + (k == labels.second ? 1.0 - labels.weight : 0.0);
  return (1.0 - share) * rest + share * own;
}

/** The output at a label; one outside is found by the second kernel, and nothing is read for it. */
template <typename T>
KLIF_DEVICE double outputAt(const T* row, int classes, int label) {
  return label >= 0 && label < classes ? static_cast<double>(toFloat(row[label])) : 0.0;
}

/** -sum over classes of q log softmax(row), the same in all lanes; top is the row's largest. */
template <typename T>
KLIF_DEVICE double entropy(const T* row, int classes, const Labels& labels, float top, double rest, double own) {
  double sum = sumOfExponentials(row, classes, top);
  double labelled = labels.weight * outputAt(row, classes, labels.first) +
                    (1.0 - labels.weight) * outputAt(row, classes, labels.second);
  double all = 0.0;
  for (int k = static_cast<int>(threadIdx.x) % 32; k < classes; k += 32) {
    all += static_cast<double>(toFloat(row[k]));
  }
  return log(sum) + static_cast<double>(top) - (own - rest) * labelled - rest * sumWarp(all);
}

/** Sum over classes of (rate - q)^2 with one label, the same in all lanes. */
KLIF_DEVICE double squares(const float* rate, int classes, int label, double rest, double own) {
  double sum = 0.0;
  for (int k = static_cast<int>(threadIdx.x) % 32; k < classes; k += 32) {
    double d = static_cast<double>(rate[k]) - (k == label ? own : rest);
    sum += d * d;
  }
  return sumWarp(sum);
}

/** A sample's loss over all steps, the same in all lanes. */
template <typename T>
KLIF_DEVICE double temporal(
    const T* output, long long stride, const Labels& label, int steps, int classes, double rest, double own, double lambda,
    double mean) {
  double entropies = 0.0;
  double squares = 0.0;
  for (int t = 0; t < steps; t++) {
    const T* row = output + t * stride;
    float top;
    int first;
    largest(row, classes, top, first);
    entropies += entropy(row, classes, label, top, rest, own);
    for (int k = static_cast<int>(threadIdx.x) % 32; k < classes; k += 32) {
      double d = static_cast<double>(toFloat(row[k])) - mean;
      squares += d * d;
    }
  }
  return ((1.0 - lambda) * entropies + lambda * sumWarp(squares) / classes) / steps;
}

template <typename T>
KLIF_DEVICE void forward(
    const T* output, const int* labels, float* rates, double* samples, int kind, int mixed, int steps, int batch,
    int classes, double rest, double own, double lambda, double mean) {
  int lane = static_cast<int>(threadIdx.x) % 32;
  long long sample = threadNumber() / 32;
  if (sample >= batch) {
    return;
  }
  long long stride = static_cast<long long>(batch) * classes;
  float* rate = rates + sample * classes;
  for (int k = lane; k < classes; k += 32) {
    double sum = 0.0;
    KLIF_UNROLL_BY(4)
    for (int t = 0; t < steps; t++) {
      sum += static_cast<double>(toFloat(output[t * stride + sample * classes + k]));
    }
    rate[k] = static_cast<float>(sum / steps);
  }
  __syncwarp();
  float top;
  int best;
  largest(rate, classes, top, best);
  Labels label = labelsOf(labels, mixed, batch, sample);
  double loss;
  if (kind == kCrossEntropy) {
    loss = entropy(rate, classes, label, top, rest, own);
  } else if (kind == kTet) {
    loss = temporal(output + sample * classes, stride, label, steps, classes, rest, own, lambda, mean);
  } else {
    // not (rate - q)^2 of the mixed q, which is smaller
    loss = label.weight * squares(rate, classes, label.first, rest, own) +
           (1.0 - label.weight) * squares(rate, classes, label.second, rest, own);
  }
  if (lane == 0) {
    samples[kPerSample * sample] = loss;
    samples[kPerSample * sample + 1] = best == label.first ? 1.0 : 0.0;
  }
}

template <typename T>
KLIF_DEVICE void backward(
    const T* output, const float* rates, const int* labels, T* gOutput, const float* lossScale, int kind, int mixed,
    int steps, int batch, int classes, double rest, double own, double lambda, double mean) {
  int lane = static_cast<int>(threadIdx.x) % 32;
  long long sample = threadNumber() / 32;
  if (sample >= batch) {
    return;
  }
  double scale = lossScale == nullptr ? 1.0 : static_cast<double>(lossScale[0]);
  long long stride = static_cast<long long>(batch) * classes;
  const float* rate = rates + sample * classes;
  Labels label = labelsOf(labels, mixed, batch, sample);
  float top = 0.0f;
  double sum = 1.0;
  int best;
  if (kind == kTet) {
    for (int t = 0; t < steps; t++) {
      const T* row = output + t * stride + sample * classes;
      largest(row, classes, top, best);
      sum = sumOfExponentials(row, classes, top);
      for (int k = lane; k < classes; k += 32) {
        double value = static_cast<double>(toFloat(row[k]));
        double ofEntropy = (exp(value - static_cast<double>(top)) / sum - target(label, k, rest, own)) / batch;
        double ofSquares = 2.0 * (value - mean) / static_cast<double>(stride);
        double gradient = (1.0 - lambda) * ofEntropy + lambda * ofSquares;
        gOutput[t * stride + sample * classes + k] = fromFloat<T>(static_cast<float>(scale * gradient / steps));
      }
    }
    return;
  }
  if (kind == kCrossEntropy) {
    largest(rate, classes, top, best);
    sum = sumOfExponentials(rate, classes, top);
  }
  for (int k = lane; k < classes; k += 32) {
    double q = target(label, k, rest, own);
    double value = static_cast<double>(rate[k]);
    double gradient = kind == kCrossEntropy ? (exp(value - static_cast<double>(top)) / sum - q) / batch
                                            : 2.0 * (value - q) / static_cast<double>(stride);
    T perStep = fromFloat<T>(static_cast<float>(scale * gradient / steps));
    for (int t = 0; t < steps; t++) {
      gOutput[t * stride + sample * classes + k] = perStep;
    }
  }
}

#define KLIF_ENTRIES(SUFFIX, T)                                                                                      \
  KLIF_KERNEL_BARRIER void loss_forward_##SUFFIX(                                                                    \
      const T* output, const int* labels, float* rate, double* samples, int kind, int mixed, int steps, int batch,   \
      int classes, double rest, double own, double lambda, double mean) {                                            \
    forward(output, labels, rate, samples, kind, mixed, steps, batch, classes, rest, own, lambda, mean);             \
  }                                                                                                                  \
  KLIF_KERNEL_BARRIER void loss_backward_##SUFFIX(                                                                   \
      const T* output, const float* rate, const int* labels, T* gOutput, const float* lossScale, int kind,           \
      int mixed, int steps, int batch, int classes, double rest, double own, double lambda, double mean) {           \
    backward(output, rate, labels, gOutput, lossScale, kind, mixed, steps, batch, classes, rest, own, lambda, mean); \
  }

KLIF_FOR_TYPES(KLIF_ENTRIES)

#if KLIF_PART & KLIF_PART_untyped

/*
 * One block: result = loss, number of correct samples. A label outside makes the loss NaN and is left in fault
 * (1, label, sample) for the host, unless one is there already.
 */
KLIF_KERNEL_BARRIER void loss_finish(
    const double* samples, const int* labels, int mixed, int batch, int classes, double share, float* result,
    int* fault) {
  KLIF_SHARED(double, losses, kThreads);
  KLIF_SHARED(int, corrects, kThreads);
  KLIF_SHARED(int, wrong, kThreads);
  int self = threadIdx.x;
  double loss = 0.0;
  int correct = 0;
  int first = batch;
  for (int sample = self; sample < batch; sample += kThreads) {
    loss += samples[kPerSample * sample];
    correct += samples[kPerSample * sample + 1] > 0.5 ? 1 : 0;
    Labels own = labelsOf(labels, mixed, batch, sample);
    bool outside = own.first < 0 || own.first >= classes || own.second < 0 || own.second >= classes;
    first = outside && first == batch ? sample : first;
  }
  losses[self] = loss;
  corrects[self] = correct;
  wrong[self] = first;
  joinRows(self, 1, kThreads, [&](int mine, int other) {
    losses[mine] += losses[other];
    corrects[mine] += corrects[other];
    int later = wrong[other];
    if (later < wrong[mine]) {
      wrong[mine] = later;
    }
  });
  if (self == 0) {
    int sample = wrong[0];
    double sum = losses[0];
    int count = corrects[0];
    result[0] = sample < batch ? __uint_as_float(0x7fc00000u) : static_cast<float>(sum / share);
    result[1] = static_cast<float>(count);
    if (sample < batch && fault[0] == 0) {
      fault[0] = 1;
      Labels own = labelsOf(labels, mixed, batch, sample);
      fault[1] = own.first < 0 || own.first >= classes ? own.first : own.second;
      fault[2] = sample;
    }
  }
}

/*
 * A penalty on firing rates (docs/MATH.md): result = strength times the sum over layers of (rate - target)^2, and for each
 * layer the gradient of each of its spikes. One thread adds in the layers' order, in float32 as the CPU does.
 * activity: 2 numbers a layer, of which the first is the rate. slopes: 2 strength / neuron-steps of each layer.
 */
KLIF_KERNEL void rate_penalty(
    const float* activity, const float* slopes, const float* lossScale, float* gradients, float* result, float target,
    float strength, int layers) {
  if (threadIdx.x == 0) {
    float scale = lossScale == nullptr ? 1.0f : lossScale[0];
    float sum = 0.0f;
    for (int layer = 0; layer < layers; layer++) {
      float off = activity[2 * layer] - target;
      gradients[layer] = off * slopes[layer] * scale;
      sum = fmaf(off, off, sum);
    }
    result[0] = strength * sum;
  }
}

#endif
