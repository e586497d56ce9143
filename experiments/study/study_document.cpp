#include "core/base/document_version.h"
#include "core/base/error.h"
#include "core/base/fields.h"
#include "core/base/paths.h"
#include "core/base/remedy.h"
#include "core/base/words.h"
#include "experiments/study/study.h"
#include "methods/catalog/method_info.h"

#include <algorithm>

namespace fs = std::filesystem;

namespace diapason {
namespace {

fs::path samples_folder() {
    return resource_folder() / "studies";
}

// A list that a file of a megabyte could make so long that what it multiplies to takes minutes.
constexpr std::size_t longest_list = 1000;

const Json& short_list(Fields& of, const std::string& key) {
    static const Json none = Json::array();
    const Json& list = of.list(key);
    if (list.size() <= longest_list) return list;
    of.add(key, std::to_string(list.size()) + " entries", "may have at most " + std::to_string(longest_list));
    return none;
}

// Options of a preset stand where the entry gives none of its own; afterwards they are options like any others.
void take_preset(Fields& of, StudyMethod& method) {
    const std::string name = of.text("preset", "");
    if (name.empty()) return;
    const MethodInfo* info = find_method(method.method);
    if (info == nullptr) return; // said when methods are checked
    std::vector<std::string> known;
    for (const MethodPreset& preset : info->presets) {
        known.push_back(preset.name);
        if (preset.name != name) continue;
        Json options = preset.options;
        options.update(method.options);
        method.options = std::move(options);
        return;
    }
    of.add("preset", name,
           known.empty() ? "this method has no presets" : "there is no such preset; choose from " + joined(known));
}

// The last entry may stand for every method that the others leave out, in the registry's order.
void take_every_other(std::vector<StudyMethod>& methods, std::vector<Problem>& problems) {
    const auto entry = std::find_if(methods.begin(), methods.end(),
                                    [](const StudyMethod& method) { return method.method == every_other_method; });
    if (entry == methods.end()) return;
    const FieldPath field = FieldPath("methods") / static_cast<std::size_t>(entry - methods.begin());
    if (entry + 1 != methods.end())
        problems.push_back({field, every_other_method, "stands for all other methods and must be the last entry", {}});
    if (!entry->options.empty() || !entry->vary.empty())
        problems.push_back(
            {field, every_other_method, "has no options of its own", "List a method to set its options"});
    const StudyMethod shared = std::move(*entry);
    methods.erase(entry);
    for (const MethodInfo& info : method_catalog()) {
        const auto named = [&](const StudyMethod& method) { return method.method == info.id; };
        if (std::none_of(methods.begin(), methods.end(), named))
            methods.push_back({info.id, Json::object(), shared.training, {}});
    }
}

Study parse(const Json& document, std::vector<Problem>& problems) {
    Study study;
    Fields fields(document, "", problems);
    fields.find("format");
    fields.find("version");
    study.id = fields.text("id", "");
    study.title = fields.needed_text("title");
    study.question = fields.text("question", "");
    study.summary = fields.text("summary", "");
    study.backbone = fields.needed_text("backbone");
    study.task = fields.needed_text("task");
    study.training = fields.object("training");
    study.baseline = fields.text("baseline", "");
    study.threads = static_cast<int>(fields.integer("threads", study.threads, 1, 1024));
    study.device = fields.text("device", study.device);
    const auto read_vary = [&](Fields& of, const std::string& key) {
        std::vector<Factor> factors;
        const Json& lists = of.object(key);
        if (lists.size() > longest_list) {
            of.add(key, std::to_string(lists.size()) + " factors", "may have at most " + std::to_string(longest_list));
            return factors;
        }
        for (const auto& [name, levels] : lists.items()) {
            if (!levels.is_array())
                of.add(key + "." + name, in_one_line(levels.dump(), 200), "must be a list of levels");
            else if (levels.size() > longest_list)
                of.add(key + "." + name, std::to_string(levels.size()) + " levels",
                       "may have at most " + std::to_string(longest_list));
            else
                factors.push_back({name, levels.get<std::vector<Json>>()});
        }
        return factors;
    };
    std::size_t index = 0;
    for (const Json& entry : short_list(fields, "methods")) {
        Fields of(entry, FieldPath("methods") / index++, problems);
        StudyMethod method;
        method.method = of.needed_text("method");
        method.options = of.object("options");
        take_preset(of, method);
        method.training = of.object("training");
        method.vary = read_vary(of, "vary");
        study.methods.push_back(std::move(method));
    }
    take_every_other(study.methods, problems);
    study.factors = read_vary(fields, "factors");
    index = 0;
    for (const Json& entry : short_list(fields, "exclude")) {
        Fields of(entry, FieldPath("exclude") / index++, problems);
        study.exclude.push_back({of.object("match"), of.text("reason", "")});
    }
    for (const Json& seed : fields.list("seeds")) {
        if (seed.is_number_unsigned() || (seed.is_number_integer() && seed.get<std::int64_t>() >= 0))
            study.seeds.push_back(seed.get<std::uint64_t>());
        else
            fields.add("seeds", seed.dump(), "must be a whole number of 0 or more");
    }
    return study;
}

} // namespace

Study study_from_json(const Json& document, const std::string& origin, std::vector<Problem>* problems) {
    if (!document.is_object() || document.value("format", Json()) != "diapason-study") {
        throw input_error(origin, "is not a study: \"format\": \"diapason-study\" is missing");
    }
    require_version(document, 1, origin, ErrorKind::config);
    std::vector<Problem> found;
    Study study = parse(document, found);
    if (problems == nullptr)
        throw_if_any(found, origin);
    else
        problems->insert(problems->end(), found.begin(), found.end());
    return study;
}

Study read_study(const fs::path& file, std::vector<Problem>* problems) {
    return study_from_json(read_json(file), file.string(), problems);
}

Json to_json(const Study& study) {
    Json document = {{"format", "diapason-study"},
                     {"version", 1},
                     {"id", study.id},
                     {"title", study.title},
                     {"question", study.question},
                     {"summary", study.summary},
                     {"backbone", study.backbone},
                     {"task", study.task},
                     {"training", study.training},
                     {"methods", Json::array()}};
    const auto vary_of = [](const std::vector<Factor>& factors) {
        Json object = Json::object();
        for (const Factor& factor : factors)
            object[factor.address] = factor.levels;
        return object;
    };
    for (const StudyMethod& method : study.methods) {
        document["methods"].push_back({{"method", method.method},
                                       {"options", method.options},
                                       {"training", method.training},
                                       {"vary", vary_of(method.vary)}});
    }
    document["factors"] = vary_of(study.factors);
    document["exclude"] = Json::array();
    for (const Exclusion& exclusion : study.exclude)
        document["exclude"].push_back({{"match", exclusion.match}, {"reason", exclusion.reason}});
    document["seeds"] = study.seeds;
    document["baseline"] = study.baseline;
    document["threads"] = study.threads;
    document["device"] = study.device;
    return document;
}

std::vector<Study> sample_studies() {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& item : fs::directory_iterator(samples_folder(), error)) {
        if (item.path().extension() == ".json") files.push_back(item.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<Study> samples;
    for (const fs::path& file : files)
        samples.push_back(read_study(file));
    // A newcomer meets the quickest one first.
    std::stable_sort(samples.begin(), samples.end(), [](const Study& a, const Study& b) {
        return a.methods.size() * a.seeds.size() < b.methods.size() * b.seeds.size();
    });
    return samples;
}

Study sample_study(const std::string& id) {
    // A sample lies in the file of its name.
    std::error_code unreadable; // a name that no file can have
    if (const fs::path file = samples_folder() / (id + ".json");
        !id.empty() && !fs::path(id).has_parent_path() && fs::is_regular_file(file, unreadable))
        return read_study(file);
    std::vector<std::string> ids;
    for (const Study& sample : sample_studies())
        ids.push_back(sample.id);
    throw config_error("sample", id, "there is no such sample study",
                       did_you_mean(id, ids, "diapason-cli study samples lists them"));
}

} // namespace diapason
