#include "core/data/splits.h"

#include "core/base/rng.h"
#include "core/base/words.h"
#include "core/data/sound_rows.h"
#include "core/data/usual_columns.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace diapason {
namespace {

// 64-bit FNV-1a, mixed.
std::uint64_t hash_of(const std::string& text, std::int64_t seed) {
    std::uint64_t h = 0xcbf29ce484222325u;
    for (const char c : text)
        h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return splitmix64(seed == 0 ? h : h ^ splitmix64(static_cast<std::uint64_t>(seed)));
}

std::map<std::string, double> usual_shares() {
    return {{"train", 0.8}, {"validation", 0.1}, {"test", 0.1}};
}

// Cuts 0 … 1 into the splits that share a file, in their usual order.
class Cuts {
public:
    Cuts(const SplitRule& rule, const std::set<std::string>& sharing) {
        const auto shares = rule.shares.empty() ? usual_shares() : rule.shares;
        // What would go to a split of another file is trained on; without training there is no more than the sharing
        // ones.
        std::map<std::string, double> own;
        double sum = 0, rest = 0;
        for (const auto& [split, share] : shares)
            (sharing.count(split) > 0 ? own[split] : rest) += share;
        if (sharing.count("train") > 0) own["train"] += rest;
        for (const auto& item : own)
            sum += item.second;
        double end = 0;
        for (const std::string& split : split_names()) {
            if (own.count(split) == 0 || sum <= 0) continue;
            end += own.at(split) / sum;
            m_ends.emplace_back(split, end);
        }
        if (m_ends.empty()) m_ends.emplace_back(*sharing.begin(), 1);
        m_ends.back().second = 1;
    }
    /// @param place 0 … 1
    const std::string& at(double place) const {
        const auto found =
            std::find_if(m_ends.begin(), m_ends.end(), [&](const auto& cut) { return place < cut.second; });
        return found == m_ends.end() ? m_ends.back().first : found->first;
    }

private:
    std::vector<std::pair<std::string, double>> m_ends;
};

double place_of(std::uint64_t hash) {
    return static_cast<double>(hash % 1'000'000) / 1e6;
}

// What stays together.
const std::string& unit_of(const Example& example) {
    return example.source.empty() ? example.text : example.source;
}

// The split that a row says itself; empty = the rule divides it.
std::string said_split(const Example& example, const SplitRule& rule) {
    if (!example.split.empty()) return split_named(example.split);
    const bool held_out = std::find(rule.held_out.begin(), rule.held_out.end(), example.group) != rule.held_out.end();
    return held_out && !example.group.empty() ? "ood" : "";
}

// Exact shares: the units of each class in a random order, cut where the rows before them reach the share.
std::map<std::string, std::string> stratified_units(const Dataset& data, const SplitRule& rule, const Cuts& cuts) {
    struct Unit {
        std::uint64_t hash = 0;
        std::string name;
        std::size_t rows = 0;
    };
    std::map<std::string, std::map<std::string, std::size_t>> classes; // class → unit → rows
    std::map<std::string, std::string> class_of;                       // unit → its first row's
    for (const Example& example : data) {
        if (!said_split(example, rule).empty()) continue;
        const std::string& own = class_of.emplace(unit_of(example), example.label).first->second;
        ++classes[own][unit_of(example)];
    }
    std::map<std::string, std::string> splits;
    for (const auto& [label, members] : classes) {
        std::vector<Unit> units;
        std::size_t all = 0, before = 0;
        for (const auto& [name, count] : members) {
            units.push_back({hash_of(name, rule.seed), name, count});
            all += count;
        }
        std::sort(units.begin(), units.end(),
                  [](const Unit& a, const Unit& b) { return std::pair(a.hash, a.name) < std::pair(b.hash, b.name); });
        for (const Unit& unit : units) {
            splits[unit.name] = cuts.at((static_cast<double>(before) + 0.5 * static_cast<double>(unit.rows)) /
                                        static_cast<double>(all));
            before += unit.rows;
        }
    }
    return splits;
}

} // namespace

const std::vector<std::string>& split_names() {
    static const std::vector<std::string> names = {"train", "validation", "test", "ood"};
    return names;
}

std::string split_named(const std::string& name) {
    static const std::map<std::string, std::string> usual = {{"train", "train"},
                                                             {"training", "train"},
                                                             {"dev", "validation"},
                                                             {"develop", "validation"},
                                                             {"development", "validation"},
                                                             {"val", "validation"},
                                                             {"valid", "validation"},
                                                             {"validation", "validation"},
                                                             {"test", "test"},
                                                             {"testing", "test"},
                                                             {"eval", "test"},
                                                             {"ood", "ood"}};
    const auto found = usual.find(in_lower_case(without_extra_spaces(name)));
    return found == usual.end() ? std::string() : found->second;
}

std::vector<std::size_t> rows_of_split(const Dataset& data, const SplitRule& rule, const std::string& split,
                                       const std::set<std::string>& sharing, const std::string& file) {
    sound_rows({}, data, file, [](const Example& example) {
        if (example.split.empty() || !split_named(example.split).empty()) return RowFault{};
        return RowFault{"has the split \"" + example.split + "\"", "Choose from " + joined(split_names())};
    });
    const Cuts cuts(rule, sharing);
    const auto units = rule.stratified ? stratified_units(data, rule, cuts) : std::map<std::string, std::string>();
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < data.size(); ++row) {
        const Example example = data[row];
        std::string its = said_split(example, rule);
        if (its.empty())
            its =
                rule.stratified ? units.at(unit_of(example)) : cuts.at(place_of(hash_of(unit_of(example), rule.seed)));
        if (its == split) rows.push_back(row);
    }
    return rows;
}

Dataset in_sample_order(Dataset data, const SampleRule& rule,
                        const std::function<std::string(const Example&)>& class_of) {
    if (rule.order == SampleRule::Order::file) return data;
    struct Drawn {
        std::size_t turn = 0; ///< of its class
        std::uint64_t hash = 0;
        std::size_t row = 0;
        auto key() const { return std::tuple(turn, hash, row); }
    };
    std::vector<Drawn> drawn(data.size());
    std::map<std::string, std::vector<std::size_t>> classes;
    for (std::size_t row = 0; row < data.size(); ++row) {
        const Example example = data[row];
        drawn[row] = {0, hash_of(example.id + '\n' + example.text, rule.seed), row};
        if (rule.order == SampleRule::Order::balanced) classes[class_of(example)].push_back(row);
    }
    for (auto& [name, rows] : classes) {
        std::sort(rows.begin(), rows.end(),
                  [&](std::size_t a, std::size_t b) { return drawn[a].key() < drawn[b].key(); });
        for (std::size_t turn = 0; turn < rows.size(); ++turn)
            drawn[rows[turn]].turn = turn;
    }
    std::sort(drawn.begin(), drawn.end(), [](const Drawn& a, const Drawn& b) { return a.key() < b.key(); });
    std::vector<std::size_t> order;
    for (const Drawn& one : drawn)
        order.push_back(one.row);
    return chosen(std::move(data), std::move(order));
}

} // namespace diapason
