#include "core/backbone/sites.h"

#include "core/base/error.h"
#include "core/base/options.h"
#include "core/base/whole_number.h"
#include "core/base/words.h"

#include <algorithm>
#include <set>

namespace diapason {
namespace {

std::vector<std::string> split(const std::string& text, const std::string& separators) {
    std::vector<std::string> parts(1);
    int depth = 0;
    for (const char c : text) {
        if (c == '{') ++depth;
        if (c == '}') --depth;
        if (depth == 0 && separators.find(c) != std::string::npos)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    std::erase_if(parts, [](const std::string& part) { return part.empty(); });
    return parts;
}

// "a", "*", "{a,b}", "0-3", "{0,2-4}": the alternatives of one part.
std::vector<std::string> alternatives(const std::string& part) {
    if (part.size() >= 2 && part.front() == '{' && part.back() == '}')
        return split(part.substr(1, part.size() - 2), ",");
    return {part};
}

bool number(std::string_view text, std::int64_t& value) {
    const auto found = whole_number(text);
    value = found.value_or(value);
    return found.has_value();
}

bool name_matches(const std::string& part, const std::string& name) {
    const auto options = alternatives(part);
    return std::any_of(options.begin(), options.end(),
                       [&](const std::string& option) { return option == "*" || option == name; });
}

bool layer_matches(const std::string& part, std::int64_t layer) {
    for (const std::string& option : alternatives(part)) {
        if (option == "*") return true;
        const auto dash = option.find('-');
        std::int64_t first = 0;
        std::int64_t last = 0;
        if (dash == std::string::npos) {
            if (number(option, first) && first == layer) return true;
        } else if (number(std::string_view(option).substr(0, dash), first) &&
                   number(std::string_view(option).substr(dash + 1), last)) {
            if (first <= layer && layer <= last) return true;
        }
    }
    return false;
}

bool matches(const std::vector<std::string>& parts, const Site& site) {
    if (site.layer < 0)
        return parts.size() == 2 && name_matches(parts[0], site.stack) && name_matches(parts[1], site.point);
    return parts.size() == 4 && name_matches(parts[0], site.stack) && layer_matches(parts[1], site.layer) &&
           name_matches(parts[2], site.sublayer) &&
           (name_matches(parts[3], site.point) || (site.is_linear() && name_matches(parts[3], "linear")));
}

// The words that may stand in an address of this backbone, for "did you mean".
std::vector<std::string> words_of(const std::vector<Site>& sites) {
    std::set<std::string> words;
    for (const Site& site : sites)
        words.insert({site.stack, site.sublayer, site.point});
    words.insert("linear");
    return {words.begin(), words.end()};
}

Error no_match(const std::string& pattern, const std::vector<std::string>& parts, const std::vector<Site>& sites) {
    const auto words = words_of(sites);
    std::string hint;
    for (const std::string& part : parts) {
        for (const std::string& option : alternatives(part)) {
            std::int64_t ignored = 0;
            if (option == "*" || number(option, ignored) ||
                std::find(words.begin(), words.end(), option) != words.end())
                continue;
            const std::string near = nearest_name(option, words);
            if (!near.empty()) hint += (hint.empty() ? "Did you mean " : ", ") + near + " instead of " + option;
        }
    }
    if (!hint.empty())
        hint += '?';
    else if (!sites.empty())
        hint = "An address looks like " + sites[sites.size() / 2].address();
    return config_error("sites", pattern, "this address matches no site of the backbone", hint);
}

} // namespace

bool Site::is_linear() const {
    static const std::set<std::string> linear = {"q", "k", "v", "o", "fc1", "fc2", "gate"};
    return linear.count(point) != 0;
}

std::string Site::address() const {
    if (layer < 0) return stack + "." + point;
    return stack + "." + std::to_string(layer) + "." + sublayer + "." + point;
}

std::vector<Site> sites_of(const BackboneConfig& c) {
    std::vector<Site> sites = {{c.stack(), -1, "", "embedding", c.width, c.width}};
    for (const StackShape& stack : c.stacks()) {
        const std::int64_t q = stack.heads * stack.head_width;
        const std::int64_t kv = stack.kv_heads * stack.head_width;
        for (std::int64_t layer = 0; layer < stack.layers; ++layer) {
            const auto map = [&](const char* sublayer, const char* point) {
                const auto [in, out] = map_size(c, stack, point);
                sites.push_back({stack.name, layer, sublayer, point, in, out});
            };
            const auto place = [&](const char* sublayer, const char* point, std::int64_t width) {
                sites.push_back({stack.name, layer, sublayer, point, width, width});
            };
            for (const char* attention : {"self_attn", "cross_attn"}) {
                if (attention == std::string_view("cross_attn") && !stack.cross) continue;
                map(attention, "q");
                map(attention, "k");
                map(attention, "v");
                place(attention, "kv", kv);
                place(attention, "heads", q);
                map(attention, "o");
                place(attention, "block", c.width);
            }
            if (c.gated_ffn) map("ffn", "gate");
            map("ffn", "fc1");
            map("ffn", "fc2");
            place("ffn", "block", c.width);
        }
    }
    sites.push_back({c.encoder_decoder ? "decoder" : c.stack(), -1, "", "head", c.width, 0});
    return sites;
}

std::vector<Site> match_sites(const BackboneConfig& config, const std::string& pattern) {
    const std::vector<Site> all = sites_of(config);
    std::vector<bool> chosen(all.size(), false);
    const auto take = [&](const std::string& one, const std::vector<std::string>& parts) {
        bool any = false;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (!matches(parts, all[i])) continue;
            chosen[i] = any = true;
        }
        if (!any) throw no_match(one, parts, all);
    };
    const auto patterns = split(pattern, " ;\t\n");
    if (patterns.empty())
        throw config_error("sites", pattern, "no address is given",
                           "An address looks like " + all[all.size() / 2].address());
    for (const std::string& one : patterns) {
        if (const auto parts = split(one, "."); parts.size() > 1) {
            take(one, parts);
            continue;
        }
        // A bare list names points: every one of them must exist, so that a misspelt one is not lost among the others.
        const bool braced = one.size() >= 2 && one.front() == '{';
        for (const std::string& point : braced ? alternatives(one) : split(one, ",")) {
            take(one, point == "embedding" || point == "head" ? std::vector<std::string>{"*", point}
                                                              : std::vector<std::string>{"*", "*", "*", point});
        }
    }
    std::vector<Site> result;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (chosen[i]) result.push_back(all[i]);
    }
    return result;
}

} // namespace diapason
