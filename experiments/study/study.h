// A study: arms = the product of factors minus exclusions, times seeds. One JSON file and the same thing in the
// database.
#pragma once

#include "core/base/json.h"
#include "core/base/options.h"
#include "experiments/study/run_spec.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace diapason {

/// One level list of one option. `address`: "length" or "training.learning_rate" inside a method entry; "backbone",
/// "task" or "training.steps" study-wide.
struct Factor {
    std::string address;
    std::vector<Json> levels;
};

/// Whether a factor of this address is among them.
bool varies(const std::vector<Factor>& factors, const std::string& address);

/// Training options are addressed apart from a method's own: "training.learning_rate" is the option learning_rate.
bool is_training_address(const std::string& address);
std::string training_address(const std::string& option);
std::string option_name(const std::string& address); ///< as labels and forms name it, without the address's prefix

/// As the method of a document's last entry: every method that no other entry names, with its defaults.
inline constexpr const char* every_other_method = "*";

/// One method of a study with its options, own training options and the options it varies.
struct StudyMethod {
    std::string method;             ///< id from the catalogue
    Json options = Json::object();  ///< given values only
    Json training = Json::object(); ///< overrides of the study's training options (its own learning rate, say)
    std::vector<Factor> vary;
};

/// Arms that match all given levels are left out. `match` uses the keys of Arm::levels.
struct Exclusion {
    Json match = Json::object();
    std::string reason;
};

/// Whether it leaves out an arm of these levels.
bool matches(const Exclusion& exclusion, const Json& levels);

struct Study {
    std::string id; ///< short name for the command line, [a-z0-9-]
    std::string title;
    std::string question; ///< what it answers, one sentence
    std::string summary;
    std::string backbone;
    std::string task;
    Json training = Json::object(); ///< given values only
    std::vector<StudyMethod> methods;
    std::vector<Factor> factors; ///< study-wide
    std::vector<Exclusion> exclude;
    std::vector<std::uint64_t> seeds;
    std::string baseline; ///< label of the arm that others are compared with; empty = the first
    int threads = 1;
    std::string device = "cpu";
};

/// The runs that differ only in seed.
struct Arm {
    std::string label;            ///< "Prompt tuning, length 5, init label": unique within the study
    std::size_t entry = 0;        ///< in Study::methods
    Json levels = Json::object(); ///< {"method": "prompt_tuning", "length": 5, "init": "label", "training.steps": 60}
    RunSpec spec;                 ///< complete; its seed is 0
    int colour_slot = 1;          ///< series colour: preferred slot of the method, else the next free one
};

/// Reads a document's form: unknown fields and wrong types, all problems together. What it means is make_plan()'s to
/// check (experiments/study/plan.h). @param problems where problems of the form go; null = they are thrown
/// @throws Error(config|input|incompatible)
Study study_from_json(const Json& document, const std::string& origin, std::vector<Problem>* problems = nullptr);
Study read_study(const std::filesystem::path& file, std::vector<Problem>* problems = nullptr);
Json to_json(const Study& study);

/// What each method entry is called: its method, and the options in which it differs from others of that method.
std::vector<std::string> entry_labels(const Study& study);

/// How labels say a level: a path by its last part, where that tells it from the factor's other levels.
std::string level_text(const std::string& address, const Json& level, const std::vector<Json>& levels);

/// The product in a fixed order: study-wide factors outermost, then methods as listed, then their own factors. Plans
/// hold it (Plan::arms). @param hits gets the number of arms that each exclusion meets
std::vector<Arm> expand(const Study& study, std::vector<std::size_t>* hits = nullptr);

/// Samples that come with Diapason, resources/studies/*.json, small ones first. @throws Error(config|input)
std::vector<Study> sample_studies();
/// @throws Error(config) naming the nearest sample
Study sample_study(const std::string& id);

} // namespace diapason
