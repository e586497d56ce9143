// A method as everybody but the engine sees it: words, options, counts. Torch-free.
#pragma once

#include "core/backbone/family.h"
#include "core/base/options.h"
#include "core/data/task.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace diapason {

/// The four counts of a method. Parameters, except the storage in bits.
struct ParameterCounts {
    std::int64_t trained = 0;     ///< receive gradients, without the head
    std::int64_t stored = 0;      ///< needed for inference beside the frozen backbone, without the head
    std::int64_t stored_bits = 0; ///< bits that hold them; 32 a parameter unless the method stores masks
    std::int64_t head = 0;        ///< the task head, always trained, always stored, always counted apart
};

/// What counts and labels depend on besides the method's options.
struct TaskShape {
    std::string head; ///< "sequence_classification", "causal_lm", …
    std::int64_t classes = 0;
};

/// @param in_words a classification task is answered by the language model's head (answers_in_words)
TaskShape shape_of(const Task& task, const BackboneConfig& config, bool in_words);
/// Empty, or the reason why this backbone cannot do the task whatever the method.
std::string task_refusal(const Task& task, const BackboneConfig& config, bool in_words);

/// How a delta is drawn.
enum class DeltaGlyph {
    weights,           ///< everything is trained
    biases,            ///< every bias
    norms,             ///< every norm
    head,              ///< the task head alone
    low_rank,          ///< an hourglass beside a map
    vector,            ///< a factor at a map
    serial,            ///< an hourglass on the way out of a sublayer
    parallel,          ///< an hourglass beside a sublayer, reading what the sublayer reads
    parallel_residual, ///< the same, reading the residual stream in front of the sublayer's norm
    prefix,            ///< rows in front of keys and values
    prompt             ///< rows in front of the tokens
};

/// Where a method's deltas sit and how the picture shows them.
struct DeltaDrawing {
    std::string sublayer; ///< self_attn, cross_attn, ffn; empty: all, or outside layers
    std::string point;    ///< a site's point; "all" for what is no delta at a site
    DeltaGlyph glyph;
    std::string caption; ///< "r 8"
};

/// The same drawing for each kind of place among the sites, once.
std::vector<DeltaDrawing> drawings_at(const std::vector<Site>& sites, DeltaGlyph glyph, const std::string& caption);

/// Options under a name: what a paper or a library means by it. Options that are not named keep their defaults.
struct MethodPreset {
    std::string name, label;
    Json options;
};

/// One of the methods that a combination consists of.
struct MethodPart {
    std::string method;
    std::function<Json(const OptionValues&)> options; ///< of the part, from those of the whole
};

/// Description of one method: catalog/<name>_info.cpp, listed in methods/methods.def.
struct MethodInfo {
    std::string id;                      ///< "lora"
    std::string label;                   ///< "LoRA"
    std::string paper;                   ///< "Hu et al. 2022"
    std::string formula;                 ///< one line of plain text, for the form's heading
    std::string summary;                 ///< one sentence
    int colour_slot = 1;                 ///< preferred series colour (1 to 8)
    double default_learning_rate = 1e-3; ///< 0: nothing is trained
    std::string size_option = {};        ///< the whole number that its parameter count grows with; empty = none
    std::vector<OptionDescriptor> options;
    std::vector<MethodPreset> presets = {};
    std::vector<MethodPart> parts = {};  ///< of a method that is nothing but other methods together
    std::vector<std::string> traps = {}; ///< what is easily got wrong and how it is here, a sentence each
    bool asks = false; ///< classes are answered in words whatever the training option `answers` says: prompting

    /// Closed formula. @throws Error(config) when the options do not fit the backbone
    std::function<ParameterCounts(const BackboneConfig&, const TaskShape&, const OptionValues&)> count;
    /// For the drawn block.
    std::function<std::vector<DeltaDrawing>(const BackboneConfig&, const OptionValues&)> drawing;
    /// Empty: training begins with the backbone's own function. Otherwise why it does not; null = it always does.
    std::function<std::string(const OptionValues&)> other_start = nullptr;
    /// Empty, or the reason why the method makes no sense for this backbone and task.
    std::function<std::string(const BackboneConfig&, const TaskShape&, const OptionValues&)> refusal;
};

/// A method's options with defaults filled in. @throws Error(config) that lists all problems, under `origin`
OptionValues checked_options(const MethodInfo& info, const Json& given, const std::string& origin);

/// All methods in the order of methods/methods.def.
const std::vector<MethodInfo>& method_catalog();

/// Null when there is no such method.
const MethodInfo* find_method(const std::string& id);
/// @throws Error(config) naming the nearest known method
const MethodInfo& method_info(const std::string& id);

/// A method's option, for methods that have the same one. @throws std::logic_error
const OptionDescriptor& option_of(const MethodInfo& info, const std::string& name);

/// Whether a run's classes are answered in words. @param training its training options
bool answers_in_words(const MethodInfo& info, const Json& training);

/// Why training with a method begins with another function than the backbone's; empty = it does not.
std::string other_start(const MethodInfo& info, const OptionValues& options);

/// Counts, drawing, start and refusal of a method as those of its parts together: their deltas sit side by side, the
/// head is counted once.
void describe_parts(MethodInfo& info);
/// The options of one part. @throws Error(config)
OptionValues options_of_part(const MethodPart& part, const OptionValues& options);

/// Tensors that came with the backbone and that this task's model uses, the frozen part of its head included.
std::vector<ExpectedTensor> pretrained_tensors(const BackboneConfig& config, const TaskShape& task);
std::int64_t parameters_in(const std::vector<ExpectedTensor>& tensors); ///< constants count nothing

/// Parameters of the task head that is trained with every method.
std::int64_t head_parameter_count(const BackboneConfig& config, const TaskShape& task);
/// Parameters that came with the backbone and that this task's model uses: what full tuning trains beside the head.
std::int64_t pretrained_parameter_count(const BackboneConfig& config, const TaskShape& task);

} // namespace diapason
