// Launches of neuron_*.ptx: cuda-kernels/neuron/neuron.cuh and lanes.cuh say what the structs mean.
#include <algorithm>
#include <cmath>

#include "device.h"

namespace {

struct Constants {
  double alpha;
  int surrogate;
  float decayed, plain, r, rest, threshold, hard, hardReset, softThreshold, attached, scaleReset, floor;
};
static_assert(sizeof(Constants) == 56, "as NeuronConstants of neuron.cuh");

struct Shape {
  int steps, constant, neurons, outputs, channels, columns, rows, groups, pooledWidth, pooledHeight, pooling, parameterChannels,
      channelwise, chunk;
};
static_assert(sizeof(Shape) == 56, "as SequenceShape of lanes.cuh");

constexpr unsigned MOST_SHARED = 47 * 1024;  // with the kernels' own, below what needs no asking

Constants constantsOf(Device& d, bool klif, bool integrates) {
  Constants c{};
  bool hard = d.coin();
  c.surrogate = d.pick(0, 5);
  c.alpha = 0.5 + d.pick(0, 1000) / 250.0;
  c.decayed = !integrates && d.coin() ? 1 : 0;
  c.plain = 1 - c.decayed;
  c.r = integrates ? 0 : 1.0f / (1.0f + static_cast<float>(d.pick(0, 1000)) / 300.0f);
  c.threshold = 0.3f + static_cast<float>(d.pick(0, 100)) / 100.0f;
  c.hard = hard ? 1 : 0;
  c.rest = c.hardReset = hard && d.coin() ? -0.2f : 0;
  c.softThreshold = hard ? 0 : c.threshold;
  c.attached = d.coin() ? 1 : 0;
  c.scaleReset = klif && d.coin() ? 1 : 0;
  c.floor = klif && d.coin() ? 0 : -INFINITY;
  return c;
}

void neuron(Device& d, const std::string& model, const std::string& kind, const std::string& type) {
  const bool klif = model == "klif", plif = model == "plif", pool = kind.find("Pool") != std::string::npos;
  const std::string suffix = kind + "_" + type;
  if (!d.wants(model + "Forward" + suffix) && !d.wants(model + "Backward" + suffix) &&
      !d.wants(model + "BackwardAny" + suffix)) {
    return;
  }
  const int width = kind == "Vec" ? (type == "f32" ? 4 : 8) : 1, lanes = pool ? 4 : width, channelsOf = pool ? 1 : width;
  const size_t element = type == "f32" ? 4 : 2;
  Constants c = constantsOf(d, klif, model == "if");
  Shape s{};
  s.steps = d.pick(1, 40);
  s.constant = d.coin() && d.coin();
  s.pooledWidth = d.pick(pool ? 1 : 0, 4);
  s.pooledHeight = d.pick(pool ? 1 : 0, 4);
  int images = d.pick(1, 5);
  s.channels = channelsOf * d.pick(1, 6);
  int rows = pool ? images * s.pooledWidth * s.pooledHeight : images * d.pick(1, 20);  // of channels; with pooling of windows
  bool byChannel = d.coin();
  s.channelwise = byChannel || pool;
  s.neurons = rows * s.channels * (pool ? 4 : 1);
  s.outputs = pool ? s.neurons / 4 : s.neurons;
  s.groups = s.neurons / lanes;
  s.pooling = pool ? d.pick(1, 2) : 0;
  s.columns = s.channelwise ? s.channels / channelsOf : d.pick(1, 70);
  s.rows = (s.groups + s.columns - 1) / s.columns;
  s.parameterChannels = byChannel && d.coin() ? s.channels : 1;  // Klif gives KLIF's k alone by channel; all kernels take it
  int chunks = (s.steps + 15) / 16;
  s.chunk = (s.steps + chunks - 1) / chunks;
  chunks = (s.steps + s.chunk - 1) / s.chunk;

  const size_t neurons = static_cast<size_t>(s.neurons), all = static_cast<size_t>(s.steps) * neurons;
  const size_t inputs = s.constant ? neurons : all, outputs = static_cast<size_t>(s.steps) * static_cast<size_t>(s.outputs);
  const size_t channels = static_cast<size_t>(s.channels);
  const bool norm = byChannel && d.coin(), some = d.pick(0, 3) == 0;
  d.special(some);
  Address x = d.typed(type, inputs, 1.0f, 0.5f);
  Address scale = norm ? d.floats(channels, 0.3f, 1) : 0, shift = norm ? d.floats(channels, 0.3f, 0) : 0;
  d.special(false);
  const float far = d.pick(0, 3) == 0 ? (d.coin() ? 726.0f : -726.0f) : 0;  // exp(w) is subnormal or out of range
  Address parameter = klif ? d.floats(static_cast<size_t>(s.parameterChannels), 0.3f, 1) : plif ? d.floats(static_cast<size_t>(s.parameterChannels), 1, far) : 0;
  d.special(some);
  Address initial = d.maybe(neurons, 0.3f, 0);
  const unsigned blockX = static_cast<unsigned>(d.pick(1, d.coin() ? 32 : 8));
  const int most = lanes == 1 ? 256 : 512 / lanes;  // THREADS of lanes.cuh
  const unsigned blockY = static_cast<unsigned>(d.pick(1, std::min(8, most / static_cast<int>(blockX)))), threads = blockX * blockY;
  const unsigned gridX = static_cast<unsigned>(d.pick(1, 3)), gridY = (static_cast<unsigned>(s.columns) + blockX - 1) / blockX;
  const size_t blocks = gridX * gridY;
  Address spikes = d.array(outputs * element), last = d.maybeArray(4 * neurons), kept = d.maybeArray(4 * all);
  Address charged = d.maybeArray(4 * all), potential = d.maybeArray(4 * all), activity = d.maybeArray(4 * blocks);
  d.launch(model + "Forward" + suffix, {gridX, gridY, blockX, blockY, threads * 4},
           {&x, &scale, &shift, &parameter, &initial, &spikes, &last, &kept, &charged, &potential, &activity, &c, &s});

  Address mean = norm && d.coin() ? d.floats(channels, 0.3f, 0) : 0, inverse = mean != 0 ? d.floats(channels, 0.1f, 1) : 0;
  Address gSpikes = d.typed(type, outputs, 1, 0), everySpike = d.maybe(1, 1, 0), gLast = d.maybe(neurons, 1, 0), gx = d.array(inputs * element);
  Address gInitial = d.maybeArray(4 * neurons);
  size_t sums = s.parameterChannels > 1 ? gridX * static_cast<size_t>(s.parameterChannels) : blocks;
  Address parameterSums = d.maybeArray(4 * sums);  // lif and if have none, but the place for them
  Address normSums = mean != 0 ? d.array(4 * 2 * static_cast<size_t>(gridX) * channels) : 0;
  Address activitySums = d.maybeArray(4 * blocks);
  // the forward pass may not be launched, and has kept nothing then
  Address read = kept == 0 || d.coin() ? 0 : d.wants(model + "Forward" + suffix) ? kept : d.floats(all, 1, 0);
  bool scratch = d.coin() && chunks > 1 && read == 0;
  Address checkpoints = scratch ? d.array(4 * static_cast<size_t>(chunks - 1) * blocks * threads * static_cast<size_t>(lanes)) : 0;
  unsigned slots = static_cast<unsigned>(read != 0 ? 1 : s.chunk + (scratch ? 0 : chunks - 1));
  unsigned shared = threads * static_cast<unsigned>(lanes) * 4 * slots;
  if (shared <= MOST_SHARED) {
    auto backward = [&](const std::string& entry) {
      d.launch(model + entry + suffix, {gridX, gridY, blockX, blockY, shared},
               {&x, &scale, &shift, &mean, &inverse, &parameter, &initial, &read, &gSpikes, &everySpike, &gLast, &gx, &gInitial, &parameterSums,
                &normSums, &activitySums, &checkpoints, &c, &s});
    };
    if (kind.compare(0, 6, "Smooth") != 0) {
      backward("BackwardAny");
      c.surrogate = 0;  // atan
      c.scaleReset = 0;
    }
    backward("Backward");
  }
}

}  // namespace

void launchNeurons(Device& d) {
  for (const std::string model : {"klif", "lif", "plif", "if"}) {
    if (!d.has({"neuron_" + model})) {
      continue;
    }
    for (const char* kind : {"Vec", "One", "Pool", "SmoothOne", "SmoothPool"}) {
      for (const char* type : {"f32", "bf16", "f16"}) {
        if (std::string(kind).compare(0, 6, "Smooth") != 0 || std::string(type) == "f32") {
          neuron(d, model, kind, type);
          d.clear();
        }
      }
    }
  }
  if (!d.has({"neuron_common"})) {
    return;
  }
  struct Sum {
    Address partials, out, weight;
    double factor;
    int rows, columns;
  } sums[4] = {};
  unsigned count = static_cast<unsigned>(d.pick(1, 4)), widest = 1;
  for (unsigned i = 0; i < count; i++) {
    int rows = d.pick(1, 200), columns = d.coin() ? 1 : d.pick(1, 90);
    sums[i] = {d.floats(static_cast<size_t>(rows) * static_cast<size_t>(columns), 1, 0), d.array(4 * static_cast<size_t>(columns)),
               d.maybe(1, 1, 0), 0.5, rows, columns};
    widest = std::max(widest, static_cast<unsigned>(columns));
  }
  d.launch("neuronSums", {(widest + 31) / 32, count, 512, 1, 0}, {&sums});
  d.clear();
}
