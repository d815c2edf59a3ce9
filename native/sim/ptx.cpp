#include "ptx.h"

#include <cctype>
#include <cstdlib>
#include <set>
#include <stdexcept>

namespace klif_sim {
namespace {

// Words, and the punctuation that matters, one at a time; comments are skipped.
class Tokens {
 public:
  explicit Tokens(const char* text) : at(text) {}

  // "" at the end
  std::string next() {
    skip();
    if (*at == 0) {
      return "";
    }
    const char* begin = at;
    if (word(*at)) {
      while (word(*at)) {
        at++;
      }
    } else {
      at++;
    }
    return std::string(begin, at);
  }

 private:
  const char* at;

  static bool word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '$' || c == '%'; }

  void skip() {
    for (;;) {
      if (std::isspace(static_cast<unsigned char>(*at)) != 0) {
        at++;
      } else if (at[0] == '/' && at[1] == '/') {
        while (*at != 0 && *at != '\n') {
          at++;
        }
      } else if (at[0] == '/' && at[1] == '*') {
        at += 2;
        while (*at != 0 && !(at[0] == '*' && at[1] == '/')) {
          at++;
        }
        at += *at == 0 ? 0 : 2;
      } else {
        return;
      }
    }
  }
};

size_t bytesOfType(const std::string& token) {
  if (token.size() < 3 || token[0] != '.' || std::string("usfb").find(token[1]) == std::string::npos) {
    return 0;
  }
  int bits = std::atoi(token.c_str() + 2);
  return bits == 8 || bits == 16 || bits == 32 || bits == 64 ? static_cast<size_t>(bits) / 8 : 0;
}

size_t aligned(size_t n, size_t to) { return (n + to - 1) / to * to; }

struct SharedVariable {
  std::string name;
  size_t bytes = 0;  // 0: dynamic
};

// Behind ".shared", to ";": .align 8 .b8 name[4096], .align 4 .f32 name, .align 16 .b8 name[]
SharedVariable parseShared(Tokens& tokens) {
  SharedVariable variable;
  size_t alignment = 1;
  for (std::string token = tokens.next(); token != ";"; token = tokens.next()) {
    if (token.empty()) {
      throw std::runtime_error("a declaration of shared memory has no end");
    }
    if (token == ".align") {
      alignment = std::strtoull(tokens.next().c_str(), nullptr, 10);
    } else if (bytesOfType(token) != 0) {
      variable.bytes = bytesOfType(token);
    } else if (token == "[") {
      std::string count = tokens.next();
      variable.bytes *= count == "]" ? 0 : std::strtoull(count.c_str(), nullptr, 10);
    } else if (token != "]") {
      variable.name = token;
    }
  }
  variable.bytes = aligned(variable.bytes, alignment);
  return variable;
}

// From "(" to ")": .param .u64 name, .param .align 8 .b8 name[16]
void parseParameters(Tokens& tokens, PtxEntry& entry) {
  size_t bytes = 0;
  for (std::string token = tokens.next(); token != ")"; token = tokens.next()) {
    if (token.empty()) {
      throw std::runtime_error("the parameter list of " + entry.name + " has no end");
    }
    if (token == ".param") {
      bytes = 0;
    } else if (bytesOfType(token) != 0 && bytes == 0) {
      bytes = bytesOfType(token);
      entry.parameterBytes.push_back(bytes);
    } else if (token == "[") {
      entry.parameterBytes.back() *= std::strtoull(tokens.next().c_str(), nullptr, 10);
    }
  }
}

std::string objectOf(const std::string& text) {
  const std::string key = "// klif-sim-object: ";
  size_t at = text.compare(0, key.size(), key) == 0 ? 0 : text.find("\n" + key);
  if (at == std::string::npos) {
    return "";
  }
  size_t begin = text.find(key, at) + key.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

size_t PtxEntry::allParameterBytes() const {
  size_t all = 0;
  for (size_t bytes : parameterBytes) {
    all = aligned(all, bytes < 8 ? bytes : 8) + bytes;
  }
  return all;
}

PtxModule parsePtx(const char* text) {
  PtxModule module;
  std::vector<SharedVariable> ofModule;
  std::set<std::string> named;  // of the module's variables, by the body that is read
  module.object = objectOf(text);
  Tokens tokens(text);
  std::string token = tokens.next();
  if (token != ".version") {
    throw std::runtime_error("the image does not begin with .version: it is not PTX");
  }
  std::string version = tokens.next();
  size_t point = version.find('.');
  module.version = std::atoi(version.c_str()) * 10 + (point == std::string::npos ? 0 : std::atoi(version.c_str() + point + 1));
  int depth = 0;
  bool inEntry = false;  // as against a function, whose parameters do not matter
  for (token = tokens.next(); !token.empty(); token = tokens.next()) {
    depth += token == "{" ? 1 : token == "}" ? -1 : 0;
    if (token == ".shared") {
      SharedVariable variable = parseShared(tokens);
      if (depth == 0) {
        ofModule.push_back(variable);
      } else if (inEntry) {
        module.entries.back().staticShared += variable.bytes;
      }
      continue;
    }
    if (depth != 0) {
      for (const SharedVariable& variable : ofModule) {
        if (inEntry && token == variable.name && named.insert(token).second) {
          module.entries.back().staticShared += variable.bytes;
        }
      }
      continue;
    }
    if (token == "}" && inEntry) {
      module.entries.back().staticShared = aligned(module.entries.back().staticShared, 16);
      named.clear();
    } else if (token == ".entry") {
      PtxEntry entry;
      entry.name = tokens.next();
      module.entries.push_back(entry);
      inEntry = true;
    } else if (token == ".func") {
      inEntry = false;
    } else if (token == "(" && inEntry && !module.entries.empty()) {
      parseParameters(tokens, module.entries.back());
    } else if (token == ".maxntid" && !module.entries.empty()) {
      int threads = std::atoi(tokens.next().c_str());
      module.entries.back().maxThreads = threads;
    } else if (token == ".minnctapersm" && !module.entries.empty()) {
      module.entries.back().fewestBlocks = std::atoi(tokens.next().c_str());
    }
  }
  if (depth != 0 || module.entries.empty()) {
    throw std::runtime_error(depth != 0 ? "the PTX ends in the middle of a body" : "the PTX has no .entry");
  }
  return module;
}

int ptxVersionOfDriver(int driverVersion) {
  int major = driverVersion / 1000, minor = driverVersion % 1000 / 10;
  // CUDA 11.x reads PTX 7.x, 12.x 8.x (12.9 still 8.8), 13.x 9.x
  int version = (major - 4) * 10 + minor;
  return version == 89 ? 88 : version;
}

}  // namespace klif_sim
