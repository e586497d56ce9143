#include "experiments/study.h"

#include "core/backbone/backbone_config.h"
#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/base/training_options.h"
#include "core/data/task.h"
#include "methods/catalog/method_info.h"

#include <algorithm>
#include <set>

namespace diapason {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t max_runs = 100'000;

// Reads an object field by field; what is left over at the end is an unknown field.
class Fields {
public:
    Fields(const Json& object, std::string prefix, std::vector<Problem>& problems)
        : m_object(object),
          m_prefix(std::move(prefix)),
          m_problems(problems) {
        if (!object.is_object()) add({}, object.dump(), "an object is needed");
    }
    ~Fields() {
        if (!m_object.is_object()) return;
        for (const auto& [key, value] : m_object.items()) {
            if (m_known.count(key) != 0) continue;
            const std::string near = nearest_name(key, {m_known.begin(), m_known.end()});
            m_problems.push_back(
                {address(key), {}, "there is no such field", near.empty() ? "" : "Did you mean " + near + "?"});
        }
    }

    const Json* find(const std::string& key) {
        m_known.insert(key);
        if (!m_object.is_object()) return nullptr;
        const auto found = m_object.find(key);
        return found == m_object.end() || found->is_null() ? nullptr : &*found;
    }
    std::string text(const std::string& key, bool required) {
        const Json* value = find(key);
        if (value == nullptr) {
            if (required) add(key, {}, "is missing");
            return {};
        }
        if (value->is_string()) return value->get<std::string>();
        add(key, value->dump(), "a text is needed");
        return {};
    }
    Json object(const std::string& key) {
        const Json* value = find(key);
        if (value == nullptr) return Json::object();
        if (value->is_object()) return *value;
        add(key, value->dump(), "an object is needed");
        return Json::object();
    }
    const Json& list(const std::string& key) {
        static const Json none = Json::array();
        const Json* value = find(key);
        if (value == nullptr) return none;
        if (value->is_array()) return *value;
        add(key, value->dump(), "a list is needed");
        return none;
    }
    void add(const std::string& key, const std::string& value, const std::string& what) {
        m_problems.push_back({key.empty() ? m_prefix : address(key), value, what, {}});
    }
    std::string address(const std::string& key) const { return m_prefix.empty() ? key : m_prefix + "." + key; }

private:
    const Json& m_object;
    std::string m_prefix;
    std::vector<Problem>& m_problems;
    std::set<std::string> m_known;
};

Study parse(const Json& document, std::vector<Problem>& problems) {
    Study study;
    Fields fields(document, "", problems);
    fields.find("format");
    fields.find("version");
    study.id = fields.text("id", false);
    study.title = fields.text("title", true);
    study.question = fields.text("question", false);
    study.summary = fields.text("summary", false);
    study.backbone = fields.text("backbone", true);
    study.task = fields.text("task", true);
    study.training = fields.object("training");
    study.baseline = fields.text("baseline", false);
    if (const Json* threads = fields.find("threads"); threads != nullptr && threads->is_number_integer())
        study.threads = threads->get<int>();
    if (const std::string device = fields.text("device", false); !device.empty()) study.device = device;
    const auto read_vary = [&](Fields& of, const std::string& key) {
        std::vector<Factor> factors;
        const Json lists = of.object(key);
        for (const auto& [name, levels] : lists.items()) {
            if (!levels.is_array())
                of.add(key + "." + name, levels.dump(), "a list of levels is needed");
            else
                factors.push_back({name, levels.get<std::vector<Json>>()});
        }
        return factors;
    };
    std::size_t index = 0;
    for (const Json& entry : fields.list("methods")) {
        Fields of(entry, "methods[" + std::to_string(index++) + "]", problems);
        StudyMethod method;
        method.method = of.text("method", true);
        method.options = of.object("options");
        method.training = of.object("training");
        method.vary = read_vary(of, "vary");
        study.methods.push_back(std::move(method));
    }
    study.factors = read_vary(fields, "factors");
    index = 0;
    for (const Json& entry : fields.list("exclude")) {
        Fields of(entry, "exclude[" + std::to_string(index++) + "]", problems);
        study.exclude.push_back({of.object("match"), of.text("reason", false)});
    }
    for (const Json& seed : fields.list("seeds")) {
        if (seed.is_number_unsigned() || (seed.is_number_integer() && seed.get<std::int64_t>() >= 0))
            study.seeds.push_back(seed.get<std::uint64_t>());
        else
            fields.add("seeds", seed.dump(), "a whole number from 0 is needed");
    }
    return study;
}

std::string plain(const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

const OptionDescriptor* find_option(const std::vector<OptionDescriptor>& options, const std::string& name) {
    const auto found =
        std::find_if(options.begin(), options.end(), [&](const OptionDescriptor& d) { return d.name == name; });
    return found == options.end() ? nullptr : &*found;
}

const MethodInfo* find_method(const std::string& id) {
    for (const MethodInfo& info : method_catalog()) {
        if (info.id == id) return &info;
    }
    return nullptr;
}

void check_levels(const Factor& factor, const std::vector<OptionDescriptor>& options, const std::string& name,
                  const std::string& field, std::vector<Problem>& problems) {
    const OptionDescriptor* option = find_option(options, name);
    if (option == nullptr) {
        std::vector<std::string> names;
        for (const OptionDescriptor& d : options)
            names.push_back(d.name);
        const std::string near = nearest_name(name, names);
        problems.push_back({field, {}, "there is no such option", near.empty() ? "" : "Did you mean " + near + "?"});
        return;
    }
    if (factor.levels.empty()) problems.push_back({field, {}, "a factor needs a level", {}});
    for (std::size_t i = 0; i < factor.levels.size(); ++i) {
        if (const std::string wrong = check_option(*option, factor.levels[i]); !wrong.empty()) {
            problems.push_back({field + "[" + std::to_string(i) + "]", factor.levels[i].dump(), wrong, {}});
        }
        if (std::count(factor.levels.begin(), factor.levels.end(), factor.levels[i]) > 1 &&
            std::find(factor.levels.begin(), factor.levels.end(), factor.levels[i]) ==
                factor.levels.begin() + static_cast<std::ptrdiff_t>(i)) {
            problems.push_back({field, factor.levels[i].dump(), "this level is there twice", {}});
        }
    }
}

// Every combination of levels, the last factor running fastest.
std::vector<std::vector<std::pair<std::string, Json>>> product(const std::vector<Factor>& factors) {
    std::vector<std::vector<std::pair<std::string, Json>>> combinations(1);
    for (const Factor& factor : factors) {
        std::vector<std::vector<std::pair<std::string, Json>>> next;
        for (const auto& combination : combinations) {
            for (const Json& level : factor.levels) {
                next.push_back(combination);
                next.back().emplace_back(factor.address, level);
            }
        }
        combinations = std::move(next);
    }
    return combinations;
}

bool excluded(const Study& study, const Json& levels) {
    for (const Exclusion& exclusion : study.exclude) {
        bool all = !exclusion.match.empty();
        for (const auto& [key, value] : exclusion.match.items())
            all = all && levels.contains(key) && levels.at(key) == value;
        if (all) return true;
    }
    return false;
}

// Preferred slot of the method, else the next free one; arms of one method entry share a hue.
std::vector<int> colour_slots(const Study& study) {
    std::vector<int> slots;
    std::set<int> taken;
    for (const StudyMethod& entry : study.methods) {
        const MethodInfo* info = find_method(entry.method);
        int slot = info != nullptr ? info->colour_slot : 1;
        for (int tries = 0; taken.count(slot) != 0 && tries < 8; ++tries)
            slot = slot % 8 + 1;
        taken.insert(slot);
        slots.push_back(slot);
    }
    return slots;
}

Json overlay(Json base, const Json& over) {
    for (const auto& [key, value] : over.items())
        base[key] = value;
    return base;
}

} // namespace

Study study_from_json(const Json& document, const std::string& origin) {
    if (!document.is_object() || document.value("format", Json()) != "diapason-study") {
        throw input_error(origin, "is no study: \"format\": \"diapason-study\" is missing");
    }
    std::vector<Problem> problems;
    const Study study = parse(document, problems);
    const std::vector<Problem> meaning = problems_of(study);
    problems.insert(problems.end(), meaning.begin(), meaning.end());
    throw_if_any(problems, origin);
    return study;
}

Study read_study(const fs::path& file) {
    return study_from_json(read_json(file), file.string());
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

std::vector<Problem> problems_of(const Study& study) {
    std::vector<Problem> problems;
    if (study.title.empty()) problems.push_back({"title", {}, "is empty", "Name the study"});
    if (study.methods.empty()) problems.push_back({"methods", {}, "no method is chosen", "Add a method"});
    if (study.seeds.empty())
        problems.push_back(
            {"seeds", {}, "no seed is given", "Three seeds are the least for an interval worth drawing"});
    if (std::set<std::uint64_t>(study.seeds.begin(), study.seeds.end()).size() != study.seeds.size())
        problems.push_back({"seeds", {}, "a seed is there twice", "Repeated seeds give the same run"});
    if (study.threads < 1 || study.threads > 1024)
        problems.push_back({"threads", std::to_string(study.threads), "a number from 1 to 1024 is needed", {}});
    OptionValues::from_json(training_options(), study.training, "training", problems);
    BackboneConfig config;
    TaskShape shape;
    bool known = true;
    const auto attempt = [&](const char* field, const std::string& value, auto&& look) {
        try {
            look();
        } catch (const Error& error) {
            known = false;
            problems.push_back({field, value, error.details().what, error.details().remedy});
        }
    };
    attempt("backbone", study.backbone, [&] { config = read_backbone_config(resolve_backbone(study.backbone)); });
    attempt("task", study.task, [&] {
        const Task task = load_task(study.task);
        shape = {task.head(), task.classes()};
        if (known && task.kind == TaskKind::generation && !config.causal) {
            problems.push_back({"task", study.task, "a generation task needs a decoder, and the backbone is an encoder",
                                "Choose another backbone"});
        }
    });
    for (std::size_t i = 0; i < study.methods.size(); ++i) {
        const StudyMethod& entry = study.methods[i];
        const std::string field = "methods[" + std::to_string(i) + "]";
        const MethodInfo* info = find_method(entry.method);
        if (info == nullptr) {
            std::vector<std::string> ids;
            for (const MethodInfo& candidate : method_catalog())
                ids.push_back(candidate.id);
            const std::string near = nearest_name(entry.method, ids);
            problems.push_back({field + ".method", entry.method, "there is no such method",
                                near.empty() ? "" : "Did you mean " + near + "?"});
            continue;
        }
        const OptionValues options =
            OptionValues::from_json(info->options, entry.options, field + ".options", problems);
        OptionValues::from_json(training_options(), entry.training, field + ".training", problems);
        for (const Factor& factor : entry.vary)
            check_levels(factor, info->options, factor.address, field + ".vary." + factor.address, problems);
        if (!known) continue;
        try {
            if (const std::string why = info->refusal(config, shape, options); !why.empty())
                problems.push_back({field, info->label, why, {}});
        } catch (const Error& error) {
            problems.push_back({field + ".options." + error.details().field, error.details().value,
                                error.details().what, error.details().remedy});
        }
    }
    for (const Factor& factor : study.factors) {
        const std::string field = "factors." + factor.address;
        if (factor.address.rfind("training.", 0) == 0)
            check_levels(factor, training_options(), factor.address.substr(9), field, problems);
        else if (factor.address != "backbone" && factor.address != "task")
            problems.push_back({field,
                                {},
                                "only backbone, task and training.<option> vary for the whole study",
                                "Options of a method stand in its own \"vary\""});
    }
    if (!problems.empty()) return problems;
    const std::vector<Arm> arms = expand(study);
    if (arms.empty()) problems.push_back({"exclude", {}, "the exclusions leave no arm", {}});
    if (arms.size() * study.seeds.size() > max_runs)
        problems.push_back(
            {"methods",
             {},
             std::to_string(arms.size() * study.seeds.size()) + " runs are more than " + std::to_string(max_runs),
             "Fewer levels or seeds"});
    std::set<std::string> labels;
    for (const Arm& arm : arms) {
        if (!labels.insert(arm.label).second)
            problems.push_back({"methods", arm.label, "two arms are the same", "Vary an option or remove one of them"});
    }
    if (!study.baseline.empty() && labels.count(study.baseline) == 0)
        problems.push_back({"baseline", study.baseline, "no arm has this label",
                            "Did you mean " + nearest_name(study.baseline, {labels.begin(), labels.end()}) + "?"});
    return problems;
}

std::vector<Arm> expand(const Study& study) {
    std::vector<Arm> arms;
    const std::vector<int> slots = colour_slots(study);
    for (const auto& wide : product(study.factors)) {
        for (std::size_t m = 0; m < study.methods.size(); ++m) {
            const StudyMethod& entry = study.methods[m];
            const MethodInfo* info = find_method(entry.method);
            if (info == nullptr) continue;
            for (const auto& own : product(entry.vary)) {
                Arm arm;
                arm.colour_slot = slots[m];
                arm.levels["method"] = entry.method;
                Json training = overlay(study.training, entry.training);
                Json options = entry.options;
                arm.spec.backbone = study.backbone;
                arm.spec.task = study.task;
                arm.spec.method = entry.method;
                arm.spec.seed = 0;
                arm.spec.threads = study.threads;
                arm.spec.device = study.device;
                std::string suffix;
                const auto append = [&](const std::string& name, const Json& level) {
                    suffix += ", " + name + " " + plain(level);
                };
                for (const auto& [address, level] : own) {
                    options[address] = level;
                    arm.levels[address] = level;
                    append(address, level);
                }
                for (const auto& [address, level] : wide) {
                    arm.levels[address] = level;
                    append(address.rfind("training.", 0) == 0 ? address.substr(9) : address, level);
                    if (address == "backbone")
                        arm.spec.backbone = plain(level);
                    else if (address == "task")
                        arm.spec.task = plain(level);
                    else
                        training[address.substr(9)] = level;
                }
                if (excluded(study, arm.levels)) continue;
                std::vector<Problem> ignored; // problems_of lists them
                arm.spec.method_options = OptionValues::from_json(info->options, options, "", ignored).json();
                arm.spec.training_options = OptionValues::from_json(training_options(), training, "", ignored).json();
                if (arm.spec.training_options.at("learning_rate") == 0.0)
                    arm.spec.training_options["learning_rate"] = info->default_learning_rate;
                // Two entries of one method are told apart by their options.
                const auto same = std::count_if(study.methods.begin(), study.methods.end(),
                                                [&](const StudyMethod& other) { return other.method == entry.method; });
                std::string name = info->label;
                if (same > 1 && suffix.empty())
                    name += ", " + info->caption(OptionValues::from_json(info->options, options, "", ignored));
                arm.label = arm.short_label = name + suffix;
                arms.push_back(std::move(arm));
            }
        }
    }
    return arms;
}

std::vector<SampleStudy> sample_studies() {
    std::vector<SampleStudy> samples;
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& item : fs::directory_iterator(resource_folder() / "studies", error)) {
        if (item.path().extension() == ".json" && item.path().stem().extension() != ".schema")
            files.push_back(item.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
        SampleStudy sample{file, read_study(file), 0};
        sample.runs = expand(sample.study).size() * sample.study.seeds.size();
        samples.push_back(std::move(sample));
    }
    return samples;
}

Study sample_study(const std::string& id) {
    std::vector<std::string> ids;
    for (const SampleStudy& sample : sample_studies()) {
        if (sample.study.id == id) return sample.study;
        ids.push_back(sample.study.id);
    }
    const std::string near = nearest_name(id, ids);
    throw config_error("sample", id, "there is no such sample study",
                       near.empty() ? "diapason-cli study samples lists them" : "Did you mean " + near + "?");
}

} // namespace diapason
