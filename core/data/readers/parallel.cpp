// Two files with as many lines, a line of one translated by the same line of the other: train.source and train.target,
// newstest.en and newstest.ro.
#include "core/base/error.h"
#include "core/base/option_builders.h"
#include "core/data/readers/reader.h"

#include <unicode/uloc.h>

#include <set>

namespace diapason {
namespace fs = std::filesystem;
namespace {

std::string ending_of(const fs::path& file) {
    const std::string ending = file.extension().string();
    return ending.empty() ? ending : ending.substr(1);
}

// "en": ISO 639-1.
bool is_language(const std::string& ending) {
    static const std::set<std::string> languages = [] {
        std::set<std::string> codes;
        for (const char* const* code = uloc_getISOLanguages(); *code != nullptr; ++code)
            codes.insert(*code);
        return codes;
    }();
    return ending.size() == 2 && languages.count(ending) > 0;
}

// The ending of the file's translation, where one lies beside it and there is no doubt which.
std::string ending_of_target(const fs::path& file) {
    std::error_code unreadable;
    const std::string own = ending_of(file);
    if (own == "source") return fs::exists(fs::path(file).replace_extension("target"), unreadable) ? "target" : "";
    if (!is_language(own)) return {};
    std::vector<std::string> others;
    for (const auto& item : fs::directory_iterator(file.has_parent_path() ? file.parent_path() : ".", unreadable)) {
        const std::string ending = ending_of(item.path());
        if (item.path().stem() == file.stem() && ending != own && is_language(ending)) others.push_back(ending);
    }
    return others.size() == 1 ? others.front() : std::string();
}

class Parallel : public DataReader {
public:
    const char* name() const override { return "parallel"; }
    const char* title() const override { return "Two files of parallel lines"; }
    std::string kind() const override { return "generation"; }
    std::vector<std::string> metrics() const override { return {"bleu", "chrf"}; }
    std::vector<OptionDescriptor> options() const override {
        return {option::text("target", "Target's ending", "",
                             "The ending of the file with the translations, which has the same name otherwise: \"ro\". "
                             "Empty = \"target\" beside \"source\", or the only other language.")};
    }
    std::string recognised(const FileBeginning& beginning) const override {
        const std::string ending = ending_of_target(beginning.file);
        return ending.empty() ? "" : "its lines are those of the file ending in ." + ending;
    }

    void read(const ReadRequest& request, DataRows& rows) const override {
        const std::string given = request.options.text("target");
        const std::string ending = given.empty() ? ending_of_target(request.file) : given;
        if (ending.empty() || ending.find('/') != std::string::npos)
            throw input_error(request.file.string(), "has no file of translations that can be told beside it",
                              "Set the reader's option target to its ending");
        const fs::path other = fs::path(request.file).replace_extension(ending);
        std::vector<std::string> targets;
        LineProblems problems(other.string());
        for_each_line(other, problems, [&](std::size_t number, const std::string& line) {
            targets.resize(number);
            targets[number - 1] = line;
        });
        problems.throw_if_any();
        std::size_t last = 0;
        for_each_line(request.file, rows.problems(), [&](std::size_t number, const std::string& line) {
            last = number;
            if (number > targets.size()) return rows.problem(number, "has no line in " + other.string());
            Example example;
            example.text = line;
            example.target = targets[number - 1];
            rows.add(number, std::move(example));
        });
        if (last < targets.size())
            throw input_error(other.string(), "has " + std::to_string(targets.size()) + " lines, and " +
                                                  request.file.string() + " has " + std::to_string(last));
    }
};

} // namespace

const DataReader& parallel_reader() {
    static const Parallel reader;
    return reader;
}

} // namespace diapason
