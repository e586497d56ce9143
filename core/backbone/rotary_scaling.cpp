#include "core/backbone/rotary_scaling.h"

#include "core/base/fields.h"
#include "core/base/words.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <stdexcept>

namespace diapason {
namespace {

constexpr double max_factor = 1e6;

// The fields of a scaling object.
class ScalingReader : public Fields {
public:
    ScalingReader(const Json& object, const std::string& name, std::vector<Problem>& problems)
        : Fields(object, name, problems, Others::ignored) {}

    double needed(const char* field, double minimum, double maximum) {
        if (!has(field)) add(field, {}, "is missing");
        return real(field, minimum, minimum, maximum);
    }

    std::vector<double> list(const char* field, std::size_t size) {
        std::vector<double> numbers;
        const Json* values = find(field);
        bool good = values != nullptr && values->is_array() && values->size() == size;
        if (good) {
            for (const Json& value : *values) {
                good = good && value.is_number() && value.get<double>() >= 1e-6 && value.get<double>() <= max_factor;
                numbers.push_back(good ? value.get<double>() : 1);
            }
        }
        if (!good) add(field, {}, "must be a list of " + std::to_string(size) + " numbers above 0 (one per pair)");
        numbers.resize(size, 1.0);
        return numbers;
    }
};

std::vector<double> plain(const RotaryScaling& s, double theta) {
    std::vector<double> frequencies(static_cast<std::size_t>(s.width / 2));
    for (std::size_t i = 0; i < frequencies.size(); ++i)
        frequencies[i] = std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(s.width));
    return frequencies;
}

void read_nothing(ScalingReader&, RotaryScaling&) {}

std::vector<double> default_frequencies(const RotaryScaling& s, std::int64_t) {
    return plain(s, s.theta);
}

void read_factor(ScalingReader& in, RotaryScaling& s) {
    s.factor = in.needed("factor", 1e-6, max_factor);
}

std::vector<double> linear_frequencies(const RotaryScaling& s, std::int64_t) {
    std::vector<double> frequencies = plain(s, s.theta);
    for (double& f : frequencies)
        f /= s.factor;
    return frequencies;
}

void read_dynamic(ScalingReader& in, RotaryScaling& s) {
    s.factor = in.needed("factor", 1, max_factor);
    if (s.width < 4) in.add("rope_type", "dynamic", "needs heads of at least 4 dimensions");
}

// The base grows with the text, once it is longer than what was trained.
std::vector<double> dynamic_frequencies(const RotaryScaling& s, std::int64_t length) {
    const auto width = static_cast<double>(s.width);
    const double share = static_cast<double>(std::max(length, s.positions)) / static_cast<double>(s.positions);
    return plain(s, s.theta * std::pow(s.factor * share - (s.factor - 1), width / (width - 2)));
}

void read_llama3(ScalingReader& in, RotaryScaling& s) {
    s.factor = in.needed("factor", 1e-6, max_factor);
    s.low = in.needed("low_freq_factor", 1e-6, max_factor);
    s.high = in.needed("high_freq_factor", 1e-6, max_factor);
    if (in.has("low_freq_factor") && in.has("high_freq_factor") && s.high <= s.low)
        in.add("high_freq_factor", Json(s.high).dump(), "must be above low_freq_factor");
}

std::vector<double> llama3_frequencies(const RotaryScaling& s, std::int64_t) {
    std::vector<double> frequencies = plain(s, s.theta);
    const auto original = static_cast<double>(s.original);
    for (double& f : frequencies) {
        const double wavelength = 2 * std::numbers::pi / f;
        if (wavelength > original / s.low) {
            f /= s.factor;
        } else if (wavelength >= original / s.high) {
            const double smooth = (original / wavelength - s.low) / (s.high - s.low);
            f = (1 - smooth) * f / s.factor + smooth * f;
        }
    }
    return frequencies;
}

// What stretched models multiply cos and sin by, when the file does not say it.
double ratio_of_lengths(const RotaryScaling& s) {
    return static_cast<double>(s.positions) / static_cast<double>(s.original);
}

void read_yarn(ScalingReader& in, RotaryScaling& s) {
    s.factor = in.real("factor", ratio_of_lengths(s), 1e-6, max_factor);
    // 0 means the default, as in the reference.
    const auto or_default = [&](const char* field, double value) {
        const double given = in.real(field, value, 0, max_factor);
        return given == 0 ? value : given;
    };
    s.beta_fast = or_default("beta_fast", 32);
    s.beta_slow = or_default("beta_slow", 1);
    s.truncate = in.flag("truncate", s.truncate);
    if (s.theta <= 1) in.add("rope_theta", Json(s.theta).dump(), "yarn needs a base above 1");
    const double scale = in.real("mscale", 0, 0, max_factor), all = in.real("mscale_all_dim", 0, 0, max_factor);
    const auto grown = [&](double by) { return s.factor <= 1 ? 1.0 : 0.1 * by * std::log(s.factor) + 1; };
    s.magnitude =
        in.real("attention_factor", scale > 0 && all > 0 ? grown(scale) / grown(all) : grown(1), 0, max_factor);
}

std::vector<double> yarn_frequencies(const RotaryScaling& s, std::int64_t) {
    const auto width = static_cast<double>(s.width);
    // The dimension that turns this often within the original positions.
    const auto dimension = [&](double turns) {
        return width * std::log(static_cast<double>(s.original) / (turns * 2 * std::numbers::pi)) /
               (2 * std::log(s.theta));
    };
    double first = dimension(s.beta_fast), last = dimension(s.beta_slow);
    if (s.truncate) {
        first = std::floor(first);
        last = std::ceil(last);
    }
    first = std::max(first, 0.0);
    last = std::min(last, width - 1);
    if (first == last) last += 0.001;
    std::vector<double> frequencies = plain(s, s.theta);
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
        const double stretched = std::clamp((static_cast<double>(i) - first) / (last - first), 0.0, 1.0);
        frequencies[i] *= stretched / s.factor + (1 - stretched);
    }
    return frequencies;
}

void read_longrope(ScalingReader& in, RotaryScaling& s) {
    const auto pairs = static_cast<std::size_t>(s.width / 2);
    s.short_factor = in.list("short_factor", pairs);
    s.long_factor = in.list("long_factor", pairs);
    s.factor = in.real("factor", ratio_of_lengths(s), 1e-6, max_factor);
    double magnitude = 1;
    if (s.factor > 1 && s.original > 1)
        magnitude = std::sqrt(1 + std::log(s.factor) / std::log(static_cast<double>(s.original)));
    s.magnitude = in.real("attention_factor", magnitude, 0, max_factor);
}

std::vector<double> longrope_frequencies(const RotaryScaling& s, std::int64_t length) {
    std::vector<double> frequencies = plain(s, s.theta);
    const std::vector<double>& factors = length > s.original ? s.long_factor : s.short_factor;
    for (std::size_t i = 0; i < frequencies.size(); ++i)
        frequencies[i] /= factors[i];
    return frequencies;
}

} // namespace

struct RotaryKind {
    const char* name;
    void (*read)(ScalingReader&, RotaryScaling&);
    std::vector<double> (*frequencies)(const RotaryScaling&, std::int64_t length);
    bool by_length;
};

namespace {

const RotaryKind kinds[] = {
    {"default", read_nothing, default_frequencies, false}, {"linear", read_factor, linear_frequencies, false},
    {"dynamic", read_dynamic, dynamic_frequencies, true},  {"llama3", read_llama3, llama3_frequencies, false},
    {"yarn", read_yarn, yarn_frequencies, false},          {"longrope", read_longrope, longrope_frequencies, true}};

void require_whole_heads(Fields& in) {
    if (const double factor = in.real("partial_rotary_factor", 1, 0, 1); factor != 1)
        in.add("partial_rotary_factor", Json(factor).dump(), "this family rotates whole heads: only 1 is supported");
}

RotaryScaling scaling_of(const BackboneConfig& config, const std::string& name, std::vector<Problem>& problems) {
    RotaryScaling s;
    s.kind = kinds;
    s.width = config.head_width;
    s.positions = s.original = config.max_positions;
    s.theta = config.rope_theta;
    ScalingReader in(config.rope_scaling, name, problems);
    const char* field = in.has("rope_type") ? "rope_type" : "type";
    if (const Json* value = in.find(field)) {
        const std::string word = plain_text(*value);
        const auto found =
            std::find_if(std::begin(kinds), std::end(kinds), [&](const auto& k) { return k.name == word; });
        if (found == std::end(kinds)) {
            std::vector<std::string> known;
            for (const RotaryKind& kind : kinds)
                known.emplace_back(kind.name);
            in.add(field, word, "unsupported: unknown kind of rotary scaling", "Choose from " + joined(known));
        } else {
            s.kind = found;
        }
    }
    const double original = in.real("original_max_position_embeddings", static_cast<double>(s.positions), 1,
                                    static_cast<double>(max_position_count));
    s.original = static_cast<std::int64_t>(original);
    require_whole_heads(in);
    s.kind->read(in, s);
    return s;
}

} // namespace

bool RotaryScaling::by_length() const {
    return kind->by_length;
}

std::vector<double> RotaryScaling::frequencies(std::int64_t length) const {
    return kind->frequencies(*this, length);
}

void read_rotary(ConfigReader& in, BackboneConfig& c) {
    c.positions = PositionKind::rotary;
    c.rope_theta = in.real("rope_theta", 10000.0, 1, 1e12);
    c.rope_scaling = nullptr;
    std::string name = "rope_scaling";
    for (const char* field : {"rope_scaling", "rope_parameters"}) {
        const Json& object = in.object(field);
        if (object.empty()) continue;
        c.rope_scaling = object;
        name = field;
        break;
    }
    if (c.rope_scaling.is_object()) {
        for (auto item = c.rope_scaling.begin(); item != c.rope_scaling.end(); ++item) {
            if (item.value().is_object())
                in.add(name + "." + item.key(), {}, "separate scaling for each kind of layer is not supported");
        }
        if (c.rope_scaling.contains("rope_theta"))
            c.rope_theta = ScalingReader(c.rope_scaling, name, in.problems()).real("rope_theta", c.rope_theta, 1, 1e12);
        // Some models say it beside the object; that comes first.
        for (const char* field : {"original_max_position_embeddings", "partial_rotary_factor"}) {
            if (const Json* value = in.find(field)) c.rope_scaling[field] = *value;
        }
    } else {
        require_whole_heads(in);
    }
    if (c.head_width % 2 != 0)
        in.add("head_dim", std::to_string(c.head_width), "rotary positions need an even head width");
    scaling_of(c, name, in.problems());
}

RotaryScaling rotary_scaling(const BackboneConfig& config) {
    std::vector<Problem> problems;
    RotaryScaling scaling = scaling_of(config, "rope_scaling", problems);
    if (!problems.empty()) throw std::logic_error(to_line(problems.front()));
    return scaling;
}

} // namespace diapason
