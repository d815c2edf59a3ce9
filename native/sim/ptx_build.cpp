#include "ptx_build.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

#include "ptx_coverage.h"
#include "ptx_text.h"
#include "ptx_translate.h"
#include "sim.h"

extern char** environ;

namespace klif_sim {
namespace {

std::string folderOf(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// Where libcuda.so.1 lies, with the headers and flags for what is loaded into it.
std::string home() {
  Dl_info info;
  static const char here = 0;
  if (dladdr(&here, &info) == 0) {
    throw std::runtime_error("the stand-in driver does not find its own folder");
  }
  char* real = realpath(info.dli_fname, nullptr);
  std::string path = real != nullptr ? real : info.dli_fname;
  std::free(real);
  return folderOf(path);
}

std::string read(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error("cannot read " + path + ": build the stand-in driver again with native/sim/build");
  }
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Of 128 bits (FNV-1a): for names of files, not against somebody who wants two to be the same.
std::string checksum(const std::string& text) {
  unsigned __int128 hash = static_cast<unsigned __int128>(0x6c62272e07bb0142ull) << 64 | 0x62b821756295c58dull;
  const unsigned __int128 prime = static_cast<unsigned __int128>(1) << 88 | 0x13b;
  for (char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * prime;
  }
  char hex[33];
  std::snprintf(hex, sizeof hex, "%016llx%016llx", static_cast<unsigned long long>(hash >> 64), static_cast<unsigned long long>(hash));
  return hex;
}

void makeFolder(const std::string& path) {
  if (mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) {
    throw std::runtime_error("cannot make the folder " + path + " for translated PTX (" + std::strerror(errno) +
                             "); KLIF_SIM_PTX_CACHE names another one");
  }
}

std::string cacheFolder(const std::string& driver) {
  const char* wanted = std::getenv("KLIF_SIM_PTX_CACHE");
  std::string folder = wanted != nullptr && *wanted != 0 ? wanted : folderOf(driver) + "/ptx";
  makeFolder(folder);
  return folder;
}

// A folder of its own, which goes with its files.
class Work {
 public:
  explicit Work(const std::string& cache) : folder_(cache + "/building-XXXXXX") {
    if (mkdtemp(folder_.data()) == nullptr) {
      throw std::runtime_error("cannot write to " + cache + " (" + std::strerror(errno) + "); KLIF_SIM_PTX_CACHE names another folder");
    }
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  ~Work() {
    for (const std::string& name : files_) {
      unlink(name.c_str());
    }
    rmdir(folder_.c_str());
  }

  std::string file(const std::string& name) {
    files_.push_back(folder_ + "/" + name);
    return files_.back();
  }

 private:
  std::string folder_;
  std::vector<std::string> files_;
};

// Runs a program with its output in a file; its exit status, or -1 if it cannot be started.
int run(const std::vector<std::string>& command, const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t process;
  int failure = posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) {
    return -1;
  }
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

void compile(const std::string& module, const std::string& translation, const std::string& driver, const std::string& cache,
             const std::string& target) {
  say("compiling the PTX of %s (first use)", module.c_str());
  Work work(cache);
  std::string source = work.file("module.cpp"), object = work.file("module.so"), log = work.file("log");
  std::ofstream(source) << translation;
  std::vector<std::string> command = {"g++"};
  std::string word;
  std::string all = read(driver + "/flags");
  for (std::istringstream flags(all.substr(0, all.find('\n'))); flags >> word;) {
    command.push_back(word);
  }
  // -O1: half the time of -O2, and the PTX is optimised already
  for (const std::string& more :
       {std::string("-O1"), std::string("-g0"), std::string("-w"), std::string("-fno-math-errno"), "-I" + driver + "/include",
        std::string("-shared"), std::string("-Wl,-z,defs"), std::string("-o"), object, source, "-L" + driver, std::string("-l:libcuda.so.1")}) {
    command.push_back(more);
  }
  int status = run(command, log);
  if (status < 0) {
    throw std::runtime_error("KLIF_SIM_PTX compiles the PTX of " + module + " with g++, and g++ is absent; install it (Debian, Ubuntu: apt install g++)");
  }
  if (status != 0) {
    std::string text = read(log);
    throw std::runtime_error("g++ does not take the translated PTX of " + module + ": " + text.substr(0, text.find('\n')));
  }
  if (std::rename(object.c_str(), target.c_str()) != 0) {
    throw std::runtime_error("cannot write " + target + ": " + std::strerror(errno));
  }
}

}  // namespace

const HostKernel* LoadedPtx::kernel(const std::string& entry) const {
  for (const HostKernel& one : object.kernels) {
    if (entry == one.name) {
      return &one;
    }
  }
  return nullptr;
}

const LoadedPtx& loadPtx(const std::string& module, const std::string& text) {
  // never destroyed: coverage reads them when the process ends
  static auto* loaded = new std::map<std::string, std::unique_ptr<LoadedPtx>>();
  std::string translation;
  try {
    translation = translatePtx(text);
  } catch (const PtxError& e) {
    throw std::runtime_error("the PTX of " + module + ", " + e.what());
  }
  const std::string driver = home();
  std::string with = read(driver + "/flags");
  for (const char* header : {"device.h", "kernels.h", "ptx_object.h", "ptx_run.h"}) {
    with += read(driver + "/include/" + header);
  }
  const std::string key = checksum(translation + with);
  std::unique_ptr<LoadedPtx>& mine = (*loaded)[module + key];
  if (mine != nullptr) {
    return *mine;
  }
  const std::string cache = cacheFolder(driver), target = cache + "/" + module + "-" + key + ".so";
  if (access(target.c_str(), R_OK) != 0) {
    compile(module, translation, driver, cache, target);
  }
  void* object = dlopen(target.c_str(), RTLD_NOW | RTLD_LOCAL);
#define KLIF_SIM_TEXT(name) #name
#define KLIF_SIM_NAME(name) KLIF_SIM_TEXT(name)
  auto* add = object == nullptr ? nullptr : reinterpret_cast<AddPtx*>(dlsym(object, KLIF_SIM_NAME(KLIF_SIM_PTX_OBJECT)));
  if (add == nullptr) {
    throw std::runtime_error(std::string(dlerror()) + "; remove that file");
  }
  mine = std::make_unique<LoadedPtx>();
  mine->module = module;
  mine->key = key;
  add(mine->object);
  coverPtx(*mine);
  return *mine;
}

}  // namespace klif_sim
