#include "experiments/results/results.h"

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/lenient_json.h"
#include "core/base/words.h"
#include "core/data/metrics.h"
#include "experiments/run/inputs.h"
#include "experiments/study/study.h"

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace diapason {
namespace {

// The values of finished runs: for each metric and arm, by seed. Studies may have very many runs.
using BySeed = std::map<std::uint64_t, double>;
using Values = std::map<MetricName, std::map<RowId, BySeed>>;

// Metrics of finished runs in the order of importance: test first, then out of domain, then validation; losses last.
std::vector<MetricName> metric_order(const Values& values, const std::string& primary) {
    std::vector<MetricName> order;
    for (const auto& [name, arms] : values)
        order.push_back(name);
    const auto rank = [&](const MetricName& name) {
        const int split = name.split == "test" ? 0 : name.split == "ood" ? 1 : 2;
        return std::tuple(name.metric == measure::loss, name.metric != primary, split, name);
    };
    std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    return order;
}

const BySeed& values_of(const std::map<RowId, BySeed>& arms, RowId arm) {
    static const BySeed none;
    const auto found = arms.find(arm);
    return found == arms.end() ? none : found->second;
}

// @return false, and a note, when its summary is damaged
bool add_metrics(const RunRecord& run, Values& values, std::vector<std::string>& notes) {
    try {
        for (const auto& [name, value] : metric_values_from(part_of(run.summary, "metrics")))
            values[name][run.arm][run.seed] = value;
    } catch (const Error& error) {
        notes.push_back("Run " + std::to_string(run.id) + " is left out, because its summary is damaged (" +
                        error.details().what + ")");
        return false;
    }
    return true;
}

Estimate estimate_of(const BySeed& values) {
    std::vector<double> list;
    list.reserve(values.size());
    for (const auto& [seed, value] : values)
        list.push_back(value);
    return estimate(list);
}

// Differences at equal seeds; arms without a common seed have none.
std::optional<Estimate> paired_difference(const BySeed& arm, const BySeed& baseline) {
    std::vector<double> differences;
    for (const auto& [seed, value] : arm)
        if (const auto other = baseline.find(seed); other != baseline.end())
            differences.push_back(value - other->second);
    if (differences.empty()) return {};
    return estimate(differences);
}

// A study-wide factor (backbone, task, a training option) divides a study: arms are compared within a level. The arm
// with the chosen baseline's own levels there; 0 when it was left out.
RowId baseline_for(const ArmRecord& arm, const ArmRecord& chosen, const std::vector<ArmRecord>& arms,
                   const Json& wide) {
    Json levels = chosen.levels;
    for (const auto& [address, values] : wide.items()) {
        if (arm.levels.contains(address)) levels[address] = arm.levels.at(address);
    }
    const auto found =
        std::find_if(arms.begin(), arms.end(), [&](const ArmRecord& other) { return other.levels == levels; });
    if (wide.empty()) return chosen.id; // two entries of a method may have equal levels
    return found == arms.end() ? 0 : found->id;
}

// The chosen arm's label without the levels that are equal anyway.
std::string baseline_words(const ArmRecord& chosen, const Json& wide) {
    std::string words = chosen.label, equal;
    for (const auto& [address, values] : wide.items()) {
        if (!chosen.levels.contains(address)) continue;
        const std::string name = option_name(address);
        const Json& level = chosen.levels.at(address);
        const std::string suffix = ", " + name + " " + level_text(address, level, values.get<std::vector<Json>>());
        if (const auto at = words.find(suffix); at != std::string::npos) words.erase(at, suffix.size());
        equal += (equal.empty() ? " at equal " : " and ") + name;
    }
    return words + equal;
}

// On how many examples the figures of a split were measured.
using Items = std::map<std::string, std::set<std::pair<std::int64_t, std::int64_t>>>; // used, all

void add_items(const Json& summary, Items& items) {
    for (const auto& [split, counts] : part_of(summary, "items").items()) {
        const double used = number_in(counts, "used"), all = number_in(counts, "all");
        if (used > 0 && used <= all && all < 1e15)
            items[split].insert({static_cast<std::int64_t>(used), static_cast<std::int64_t>(all)});
    }
}

// "Test on 250 of 1 000 examples, out of domain on 500".
std::string items_note(const Items& items) {
    std::string note;
    for (const auto& [split, words] : {std::pair{"test", "Test"}, std::pair{"ood", "Out of domain"}}) {
        const auto found = items.find(split);
        if (found == items.end()) continue;
        std::string counts;
        for (const auto& [used, all] : found->second)
            counts += (counts.empty() ? "" : " or ") + format_count(used) +
                      (used < all ? " of " + format_count(all) : std::string());
        note += (note.empty() ? words : ", o" + std::string(words).substr(1)) + (" on " + counts) +
                (note.empty() ? " examples" : "");
    }
    return note;
}

} // namespace

Estimate estimate(const std::vector<double>& values, double confidence) {
    Estimate e;
    e.n = values.size();
    if (e.n == 0) return e;
    const auto n = static_cast<double>(e.n);
    double sum = 0;
    for (const double value : values)
        sum += value;
    e.mean = sum / n;
    if (e.n < 2) return e;
    double squares = 0;
    for (const double value : values)
        squares += (value - e.mean) * (value - e.mean);
    e.sd = std::sqrt(squares / (n - 1));
    const boost::math::students_t distribution(n - 1);
    e.half_width = boost::math::quantile(distribution, 0.5 + confidence / 2) * *e.sd / std::sqrt(n);
    return e;
}

ResultTable result_table(const StoreReader& reader, RowId study_id) {
    ResultTable table;
    const auto study = reader.study(study_id);
    if (!study)
        throw Error(
            ErrorKind::config,
            {"there is no such study", {}, "study", std::to_string(study_id), "diapason-cli study list shows them"});
    table.title = study->title;
    table.backbone = text_in(study->document, "backbone");
    table.task = text_in(study->document, "task");
    // As the study stored it: a table is the same in any folder and after the task's file has changed.
    table.primary_metric.metric = text_in(part_of(study->tasks, table.task), "primary_metric");
    if (!table.primary_metric.metric.empty()) table.primary_metric.split = "test";
    Values values;
    std::map<RowId, ResultRow> rows;
    std::set<double> steps;
    Json inputs = Json::array(), latest; // environments repeat from run to run
    Items items;
    reader.each_run(study_id, [&](RunRecord& run) {
        ResultRow& row = rows[run.arm];
        ++row.planned;
        ++table.planned;
        if (run.finished_ms == 0 || run.trained + run.head > 0) // prompting trains nothing
            row.learning_rate = number_in(part_of(run.spec, "training_options"), "learning_rate");
        steps.insert(number_in(part_of(run.spec, "training_options"), "steps"));
        if (run.trained + run.head > 0) {
            row.trained = run.trained;
            row.stored = run.stored;
            row.stored_bits = run.stored_bits;
            row.head = run.head;
        }
        row.diverged += run.state == RunState::diverged;
        row.failed += run.state == RunState::failed;
        if (run.state != RunState::finished || !add_metrics(run, values, table.notes)) return;
        ++row.finished;
        ++table.finished;
        if (run.environment != latest) add_inputs(run.environment, inputs);
        latest = std::move(run.environment);
        add_items(run.summary, items);
        row.best_steps.push_back(number_in(run.summary, "best_step"));
        row.seconds += number_in(run.summary, "seconds");
        row.step_seconds += number_in(run.summary, "step_seconds");
        row.file_bytes += number_in(run.summary, "adapter_bytes");
    });
    table.metrics = metric_order(values, table.primary_metric.metric);
    if (table.primary_metric.metric.empty() && !table.metrics.empty()) table.primary_metric = table.metrics.front();
    const std::vector<ArmRecord> arms = reader.arms(study_id);
    const Json& wide = part_of(study->document, "factors");
    const std::string wanted = text_in(study->document, "baseline");
    const ArmRecord* chosen = arms.empty() ? nullptr : &arms.front();
    for (const ArmRecord& arm : arms)
        if (arm.label == wanted) chosen = &arm;
    if (chosen != nullptr) table.baseline = baseline_words(*chosen, wide);
    bool any_diverged = false;
    for (const ArmRecord& arm : arms) {
        ResultRow row = std::move(rows[arm.id]);
        row.arm = arm.id;
        row.label = arm.label;
        row.method = arm.method;
        row.colour_slot = arm.colour_slot;
        const RowId baseline = baseline_for(arm, *chosen, arms, wide);
        row.baseline = arm.id == baseline;
        for (double* mean : {&row.seconds, &row.step_seconds, &row.file_bytes})
            *mean /= static_cast<double>(std::max<std::size_t>(1, row.finished));
        for (const MetricName& metric : table.metrics) {
            const BySeed& own = values_of(values.at(metric), arm.id);
            row.metrics.push_back(estimate_of(own));
            row.differences.push_back(
                arm.id == baseline ? std::nullopt : paired_difference(own, values_of(values.at(metric), baseline)));
        }
        any_diverged = any_diverged || row.diverged > 0;
        table.rows.push_back(std::move(row));
    }
    if (table.finished < table.planned)
        table.notes.push_back(std::to_string(table.finished) + " of " + std::to_string(table.planned) +
                              " runs, preliminary");
    for (std::string& line : differing_inputs(inputs))
        table.notes.push_back(std::move(line));
    if (std::string note = items_note(items); !note.empty()) table.notes.push_back(std::move(note));
    if (any_diverged) table.notes.push_back("Diverged runs are counted but never averaged");
    if (steps.size() > 1) table.notes.push_back("Arms differ in their number of steps, so their budgets are unequal");
    if (table.planned > 0)
        table.notes.push_back("± is half the 95 % t-interval over seeds; differences from " + table.baseline +
                              " are paired by seed");
    if (table.backbone.ends_with("-mini"))
        table.notes.push_back("The embedded backbones are toys: trust the direction of an effect, not its size");
    return table;
}

} // namespace diapason
