#include "experiments/engine/verify/verify.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "experiments/engine/current_error.h"
#include "experiments/engine/verify/verify_kinds.h"

#include <algorithm>
#include <vector>

namespace diapason {
namespace fs = std::filesystem;
namespace {

struct Kind {
    const char* name;
    void (*verify)(const fs::path& folder, const std::string& device, VerifyReport& report);
};
constexpr Kind kinds[] = {{"forward", verify_parity},    {"train", verify_parity},  {"generate", verify_generate},
                          {"tokenize", verify_tokenize}, {"metric", verify_metric}, {"chat", verify_chat}};

void verify_case(const fs::path& folder, const fs::path& backbones, const std::string& device, VerifyReport& report) {
    const Json document = read_json(folder / "case.json");
    const std::string origin = (folder / "case.json").string();
    if (!document.is_object() || !document.contains("kind") || !document.at("kind").is_string())
        throw input_error(origin, "kind is missing or not a string");
    const auto name = document.at("kind").get<std::string>();
    const auto* kind = std::find_if(std::begin(kinds), std::end(kinds), [&](const Kind& k) { return k.name == name; });
    if (kind == std::end(kinds)) throw input_error(origin, "unsupported: cases of kind " + name);
    if (document.contains("backbone") && document.at("backbone").is_object())
        return verify_real(folder, backbones, device, report);
    kind->verify(folder, device, report);
}

void collect_cases(const fs::path& folder, std::vector<fs::path>& cases) {
    if (fs::exists(folder / "case.json")) {
        cases.push_back(folder);
        return;
    }
    for (const auto& item : fs::directory_iterator(folder)) {
        if (item.is_directory() && !item.is_symlink()) collect_cases(item.path(), cases);
    }
}

} // namespace

Engine::VerifyResult verify_cases(const fs::path& folder, const std::string& only, const std::string& device,
                                  const std::function<void(const std::string&)>& line, const fs::path& backbones) {
    if (!fs::is_directory(folder)) throw input_error(folder.string(), "there is no such folder");
    std::vector<fs::path> cases;
    collect_cases(folder, cases);
    std::sort(cases.begin(), cases.end());
    std::erase_if(cases,
                  [&](const fs::path& path) { return !only.empty() && path.string().find(only) == std::string::npos; });
    if (cases.empty())
        throw input_error(folder.string(), only.empty() ? "contains no cases (folders with a case.json)"
                                                        : "contains no case with " + only + " in its path");
    Engine::VerifyResult result;
    VerifyReport report(result, line);
    for (const fs::path& path : cases) {
        report.begin(path.filename().string());
        try {
            verify_case(path, backbones, device, report);
        } catch (...) {
            report.fail("", current_error().what());
        }
    }
    return result;
}

} // namespace diapason
