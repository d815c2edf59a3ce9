#include "ptx_text.h"

#include <cctype>
#include <cstdlib>

namespace klif_sim {
namespace {

bool blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

// Blanks in place of comments, so that every character keeps its line.
std::string withoutComments(const std::string& text) {
  std::string clean = text;
  for (size_t i = 0; i + 1 < clean.size(); i++) {
    if (clean[i] != '/' || (clean[i + 1] != '/' && clean[i + 1] != '*')) {
      continue;
    }
    size_t end = clean[i + 1] == '/' ? clean.find('\n', i) : clean.find("*/", i + 2);
    end = end == std::string::npos ? clean.size() : end + (clean[i + 1] == '/' ? 0 : 2);
    for (; i < end; i++) {
      clean[i] = clean[i] == '\n' ? '\n' : ' ';
    }
  }
  return clean;
}

class Reader {
 public:
  explicit Reader(const std::string& text) : text_(withoutComments(text)) {}

  PtxCode read() {
    while (skipBlanks()) {
      if (directiveOfOneLine()) {
        skipLine();
        continue;
      }
      int line = line_;
      std::string head = upTo();
      bool body = at_ < text_.size() && text_[at_] == '{';
      step();
      if (beginsWith(head, ".visible")) {
        head = trimmed(head.substr(8));
      }
      if (beginsWith(head, ".entry") || beginsWith(head, ".func")) {
        PtxFunction function = functionOf(line, head);
        if (body) {
          readBody(function);
          code_.functions.push_back(function);
        }
      } else if (!body) {
        variable(line, head);
      } else {
        throw PtxError(line, "\"" + head + "\" is not known");
      }
    }
    return code_;
  }

 private:
  std::string text_;
  size_t at_ = 0;
  int line_ = 1;
  PtxCode code_;

  void step() {
    if (at_ < text_.size()) {
      line_ += text_[at_] == '\n' ? 1 : 0;
      at_++;
    }
  }

  bool skipBlanks() {
    while (at_ < text_.size() && blank(text_[at_])) {
      step();
    }
    return at_ < text_.size() && text_[at_] != 0;
  }

  void skipLine() {
    while (at_ < text_.size() && text_[at_] != '\n') {
      step();
    }
  }

  bool directiveOfOneLine() const {
    for (const char* name : {".version", ".target", ".address_size", ".loc", ".file"}) {
      if (text_.compare(at_, std::string(name).size(), name) == 0) {
        return true;
      }
    }
    return false;
  }

  // To ";" or a body's "{", which stay.
  std::string upTo() {
    std::string head;
    bool values = false;
    for (; at_ < text_.size() && text_[at_] != ';' && (values || text_[at_] != '{'); step()) {
      values |= text_[at_] == '=';
      head += blank(text_[at_]) ? ' ' : text_[at_];
    }
    return trimmed(head);
  }

  void variable(int line, const std::string& head) {
    std::string rest = head;
    for (const char* word : {".extern", ".weak"}) {
      rest = beginsWith(rest, word) ? trimmed(rest.substr(std::string(word).size())) : rest;
    }
    if (beginsWith(rest, ".shared")) {
      code_.shared.push_back(readPtxVariable(line, rest.substr(7)));
    } else if (beginsWith(rest, ".global") || beginsWith(rest, ".const")) {
      code_.data.push_back(readPtxVariable(line, rest.substr(beginsWith(rest, ".const") ? 6 : 7)));
    } else if (!rest.empty()) {
      throw PtxError(line, "\"" + rest + "\" is not known");
    }
  }

  // ".entry name(.param .u64 name_param_0, ...) .maxntid 256" or ".func (.param .b64 result) name(...)"
  static PtxFunction functionOf(int line, const std::string& head) {
    PtxFunction function;
    function.line = line;
    function.entry = beginsWith(head, ".entry");
    std::string rest = trimmed(head.substr(function.entry ? 6 : 5));
    if (!rest.empty() && rest[0] == '(') {
      size_t end = rest.find(')');
      function.results = parameters(line, rest.substr(1, end - 1));
      rest = trimmed(rest.substr(end + 1));
    }
    size_t open = rest.find('('), close = rest.find(')');
    function.name = trimmed(rest.substr(0, open));
    if (open != std::string::npos && close != std::string::npos) {
      function.parameters = parameters(line, rest.substr(open + 1, close - open - 1));
    }
    return function;
  }

  static std::vector<PtxVariable> parameters(int line, const std::string& list) {
    std::vector<PtxVariable> all;
    for (const std::string& one : splitOperands(list)) {
      if (!beginsWith(one, ".param")) {
        throw PtxError(line, "the parameter \"" + one + "\" is not known");
      }
      all.push_back(readPtxVariable(line, one.substr(6)));
    }
    return all;
  }

  // Behind its "{", to its "}".
  void readBody(PtxFunction& function) {
    std::string statement;
    int begin = line_;
    auto add = [&](const std::string& text) { function.statements.push_back({begin, text}); };
    for (int depth = 1; depth > 0; step()) {
      if (at_ >= text_.size()) {
        throw PtxError(function.line, "the body of " + function.name + " has no end");
      }
      char c = text_[at_];
      if (statement.empty()) {
        if (blank(c)) {
          continue;
        }
        begin = line_;
        if (c == '{' || c == '}') {
          depth += c == '{' ? 1 : -1;
          if (depth > 0) {
            add(std::string(1, c));
          }
          continue;
        }
      }
      if (c == ';') {
        add(trimmed(statement));
        statement.clear();
      } else if (c == ':' && statement.find(' ') == std::string::npos && text_[at_ + 1] != ':' && text_[at_ - 1] != ':') {
        add(statement + ":");
        statement.clear();
      } else {
        statement += blank(c) ? ' ' : c;
      }
    }
  }
};

}  // namespace

PtxCode readPtxCode(const std::string& text) { return Reader(text).read(); }

std::string trimmed(const std::string& text) {
  size_t begin = 0, end = text.size();
  while (begin < end && blank(text[begin])) {
    begin++;
  }
  while (end > begin && blank(text[end - 1])) {
    end--;
  }
  return text.substr(begin, end - begin);
}

bool beginsWith(const std::string& text, const std::string& with) { return text.compare(0, with.size(), with) == 0; }

std::vector<std::string> splitOperands(const std::string& text) {
  std::vector<std::string> all;
  std::string one;
  int depth = 0;
  for (char c : text) {
    depth += std::string("([{").find(c) != std::string::npos ? 1 : std::string(")]}").find(c) != std::string::npos ? -1 : 0;
    if (c == ',' && depth == 0) {
      all.push_back(trimmed(one));
      one.clear();
    } else {
      one += c;
    }
  }
  if (!trimmed(one).empty()) {
    all.push_back(trimmed(one));
  }
  return all;
}

PtxVariable readPtxVariable(int line, const std::string& text) {
  PtxVariable variable;
  std::string rest = trimmed(text);
  size_t equal = rest.find('=');
  if (equal != std::string::npos) {
    variable.values = trimmed(rest.substr(equal + 1));
    rest = trimmed(rest.substr(0, equal));
    if (!variable.values.empty() && variable.values[0] == '{') {
      variable.values = variable.values.substr(1, variable.values.rfind('}') - 1);
    }
  }
  auto word = [&rest] {
    size_t end = rest.find(' ');
    std::string first = rest.substr(0, end);
    rest = end == std::string::npos ? "" : trimmed(rest.substr(end));
    return first;
  };
  size_t count = 1;
  while (!rest.empty() && rest[0] == '.') {
    std::string first = word();
    if (first == ".align") {
      variable.alignment = std::strtoull(word().c_str(), nullptr, 10);
    } else if (first == ".b8" || first == ".u8" || first == ".s8" || first == ".b16" || first == ".u16" || first == ".s16" ||
               first == ".b32" || first == ".u32" || first == ".s32" || first == ".f32" || first == ".b64" || first == ".u64" ||
               first == ".s64" || first == ".f64") {
      variable.elementBytes = std::strtoull(first.c_str() + 2, nullptr, 10) / 8;
    } else if (first != ".ptr" && first != ".global") {  // what a parameter points to
      throw PtxError(line, "\"" + first + "\" of a declaration is not known: " + trimmed(text));
    }
  }
  size_t bracket = rest.find('[');
  if (bracket != std::string::npos) {
    count = std::strtoull(rest.c_str() + bracket + 1, nullptr, 10);
  }
  variable.name = trimmed(rest.substr(0, bracket));
  variable.bytes = variable.elementBytes * count;
  variable.alignment = variable.alignment < variable.elementBytes ? variable.elementBytes : variable.alignment;
  return variable;
}

}  // namespace klif_sim
