# The flags of the CUDA kernels, for nvcc and NVRTC alike; the only home of them. Read by the Makefile here and, for neurons of the
# user's own, by org.klif.device.compile.CudaFlags, which takes lines NAME := words.
#
# compute_80 PTX runs on everything from Ampere on; its version is lowered so that drivers from CUDA 11.8 on load it. -fmad=false: firing
# is a decision, so every device rounds alike (docs/MATH.md). No -lineinfo: it would put the folder's name into the PTX.
FLAGS := -arch=compute_80 -fmad=false -std=c++17
PTX_VERSION := 7.8
