// Which neurons a thread carries, and how it moves their values. A thread owns LANES neurons through all T:
//
//   Neighbours<T, V>   V neighbours in memory, moved as one pack (V = 16 bytes of T), or V = 1 for any size
//   Window<T>          the 2x2 window of one channel, whose spikes are pooled
//
// A time step in memory is (N, H, W, C). Threads lie in a grid of columns (V channels, or any V neighbours where
// nothing differs between channels) and rows; a thread keeps its column and goes down the rows.
#pragma once

#include "common/platform.cuh"

// Shape of a launch, written by NeuronGeometry.java.
struct SequenceShape {
  int steps;             // T
  int constant;          // x is stored once
  int neurons;           // of a step
  int outputs;           // spikes of a step, pooled
  int channels;          // C
  int columns;           // threads beside each other that own a whole row
  int rows;              // of columns; the last one may be cut
  int groups;            // owners in all: columns * rows or less
  int pooledWidth;       // W / 2
  int pooledHeight;      // H / 2
  int pooling;           // 1 maximum, 2 average
  int parameterChannels; // C where each channel has its parameter, else 1
  int channelwise;       // columns are channels, so that sums may be kept for each
  int chunk;             // backward: time steps whose states are in fast memory at once
};

// An element of a step, which has no more than 2^29: an offset of 32 bits is added to the step's address by the load
// itself.
template <class T>
KLIF_DEVICE T* elementAt(T* step, int index) {
  const unsigned bytes = static_cast<unsigned>(index) * static_cast<unsigned>(sizeof(T));
  return (T*)((char*)step + bytes);  // keeps T's const
}

enum PoolingKind { MAXIMUM = 1, AVERAGE = 2 };

template <class T, int V>
struct Neighbours {
  static constexpr int LANES = V;
  static constexpr int CHANNELS = V;
  static constexpr int THREADS = V == 1 ? 256 : 512 / V;  // of a block, at most (NeuronLayout.java)
  static constexpr int WIDTH = V < 4 ? V : 4;  // floats of one move
  typedef Pack<T, V> Raw;

  int at;

  KLIF_DEVICE Neighbours(const SequenceShape&, int group, int) : at(group * V) {}

  KLIF_DEVICE static int channel(int column) { return column * V; }

  KLIF_DEVICE Raw load(const T* step) const { return loadPack<T, V>(step + at); }

  KLIF_DEVICE static void unpack(const Raw& raw, float (&to)[V]) {
    KLIF_UNROLL
    for (int i = 0; i < V; i++) {
      to[i] = toFloat(raw.v[i]);
    }
  }

  KLIF_DEVICE void store(T* step, const float (&from)[V]) const {
    Raw raw;
    KLIF_UNROLL
    for (int i = 0; i < V; i++) {
      raw.v[i] = fromFloat<T>(from[i]);
    }
    storePack<T, V>(step + at, raw);
  }

  KLIF_DEVICE void loadState(const float* step, float (&to)[V]) const {
    KLIF_UNROLL
    for (int i = 0; i < V; i += WIDTH) {
      const Pack<float, WIDTH> pack = loadPack<float, WIDTH>(step + at + i);
      KLIF_UNROLL
      for (int j = 0; j < WIDTH; j++) {
        to[i + j] = pack.v[j];
      }
    }
  }

  KLIF_DEVICE void storeState(float* step, const float (&from)[V]) const {
    KLIF_UNROLL
    for (int i = 0; i < V; i += WIDTH) {
      Pack<float, WIDTH> pack;
      KLIF_UNROLL
      for (int j = 0; j < WIDTH; j++) {
        pack.v[j] = from[i + j];
      }
      storePack<float, WIDTH>(step + at + i, pack);
    }
  }

  // the spikes as they are
  typedef Raw OutputRaw;

  KLIF_DEVICE void storeSpikes(T* step, int, const float (&s)[V]) const { store(step, s); }

  KLIF_DEVICE OutputRaw loadGradient(const T* step) const { return load(step); }

  KLIF_DEVICE static void spreadGradient(int, const OutputRaw& raw, const float (&)[V], float (&gS)[V]) {
    unpack(raw, gS);
  }
};

template <class T>
struct Window {
  static constexpr int LANES = 4;  // row-major
  static constexpr int CHANNELS = 1;
  static constexpr int THREADS = 128;
  static constexpr int WIDTH = 4;
  struct Raw {
    T v[4];
  };

  int at;
  int right;
  int below;
  int out;

  // row: number of the window; column: channel
  KLIF_DEVICE Window(const SequenceShape& shape, int group, int row) : right(shape.channels), out(group) {
    const int column = group - row * shape.columns;
    const int line = row / shape.pooledWidth;  // windows beside each other, over all images
    const int x = row - line * shape.pooledWidth;
    const int image = line / shape.pooledHeight;
    const int y = line - image * shape.pooledHeight;
    // H and W are even
    const int width = 2 * shape.pooledWidth;
    at = ((image * 2 * shape.pooledHeight + 2 * y) * width + 2 * x) * shape.channels + column;
    below = width * shape.channels;
  }

  KLIF_DEVICE static int channel(int column) { return column; }

  template <class U>
  KLIF_DEVICE void read(const U* step, U (&to)[4]) const {
    to[0] = *elementAt(step, at);
    to[1] = *elementAt(step, at + right);
    to[2] = *elementAt(step, at + below);
    to[3] = *elementAt(step, at + below + right);
  }

  template <class U>
  KLIF_DEVICE void write(U* step, const float (&from)[4]) const {
    *elementAt(step, at) = fromFloat<U>(from[0]);
    *elementAt(step, at + right) = fromFloat<U>(from[1]);
    *elementAt(step, at + below) = fromFloat<U>(from[2]);
    *elementAt(step, at + below + right) = fromFloat<U>(from[3]);
  }

  KLIF_DEVICE Raw load(const T* step) const {
    Raw raw;
    read(step, raw.v);
    return raw;
  }

  KLIF_DEVICE static void unpack(const Raw& raw, float (&to)[4]) {
    KLIF_UNROLL
    for (int i = 0; i < 4; i++) {
      to[i] = toFloat(raw.v[i]);
    }
  }

  KLIF_DEVICE void store(T* step, const float (&from)[4]) const { write(step, from); }

  KLIF_DEVICE void loadState(const float* step, float (&to)[4]) const { read(step, to); }

  KLIF_DEVICE void storeState(float* step, const float (&from)[4]) const { write(step, from); }

  typedef T OutputRaw;

  KLIF_DEVICE void storeSpikes(T* step, int pooling, const float (&s)[4]) const {
    const float value = pooling == MAXIMUM ? fmaxf(fmaxf(s[0], s[1]), fmaxf(s[2], s[3]))
                                           : (s[0] + s[1] + (s[2] + s[3])) * 0.25f;
    *elementAt(step, out) = fromFloat<T>(value);
  }

  KLIF_DEVICE OutputRaw loadGradient(const T* step) const { return *elementAt(step, out); }

  // maximum: to the first largest in row-major order
  KLIF_DEVICE static void spreadGradient(int pooling, OutputRaw raw, const float (&s)[4], float (&gS)[4]) {
    const float g = toFloat(raw);
    if (pooling == MAXIMUM) {
      const bool inTop = fmaxf(s[0], s[1]) >= fmaxf(s[2], s[3]);
      const bool topLeft = s[0] >= s[1];
      const bool bottomLeft = s[2] >= s[3];
      gS[0] = inTop && topLeft ? g : 0.0f;
      gS[1] = inTop && !topLeft ? g : 0.0f;
      gS[2] = !inTop && bottomLeft ? g : 0.0f;
      gS[3] = !inTop && !bottomLeft ? g : 0.0f;
    } else {
      KLIF_UNROLL
      for (int i = 0; i < 4; i++) {
        gS[i] = g * 0.25f;
      }
    }
  }
};
