#include "experiments/results/cells.h"

#include "core/base/visible_text.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace diapason {
namespace {

// What is written otherwise: LaTeX's own characters, and those that tables and names of methods are full of.
const std::map<char32_t, std::string_view>& latex_spellings() {
    static const std::map<char32_t, std::string_view> spellings = {{U'\\', "\\textbackslash{}"},
                                                                   {U'~', "\\textasciitilde{}"},
                                                                   {U'^', "\\textasciicircum{}"},
                                                                   {U'&', "\\&"},
                                                                   {U'%', "\\%"},
                                                                   {U'$', "\\$"},
                                                                   {U'#', "\\#"},
                                                                   {U'_', "\\_"},
                                                                   {U'{', "\\{"},
                                                                   {U'}', "\\}"},
                                                                   {U'<', "\\textless{}"},
                                                                   {U'>', "\\textgreater{}"},
                                                                   {U'|', "\\textbar{}"},
                                                                   {U'"', "\\char34{}"},
                                                                   {U'±', "$\\pm$"},
                                                                   {U'−', "$-$"},
                                                                   {U'×', "$\\times$"},
                                                                   {U'·', "$\\cdot$"},
                                                                   {U'≤', "$\\leq$"},
                                                                   {U'≥', "$\\geq$"},
                                                                   {U'→', "$\\to$"},
                                                                   {U'²', "$^2$"},
                                                                   {U'³', "$^3$"},
                                                                   {U'–', "--"},
                                                                   {U'—', "---"},
                                                                   {U'…', "\\ldots{}"},
                                                                   {U'‘', "`"},
                                                                   {U'’', "'"},
                                                                   {U'“', "``"},
                                                                   {U'”', "''"},
                                                                   {U'\u00a0', "~"},
                                                                   {U'\u2009', "\\,"},
                                                                   {U'\u202f', "\\,"},
                                                                   {U'α', "$\\alpha$"},
                                                                   {U'β', "$\\beta$"},
                                                                   {U'γ', "$\\gamma$"},
                                                                   {U'δ', "$\\delta$"},
                                                                   {U'ε', "$\\varepsilon$"},
                                                                   {U'ζ', "$\\zeta$"},
                                                                   {U'η', "$\\eta$"},
                                                                   {U'θ', "$\\theta$"},
                                                                   {U'ι', "$\\iota$"},
                                                                   {U'κ', "$\\kappa$"},
                                                                   {U'λ', "$\\lambda$"},
                                                                   {U'μ', "$\\mu$"},
                                                                   {U'µ', "$\\mu$"},
                                                                   {U'ν', "$\\nu$"},
                                                                   {U'ξ', "$\\xi$"},
                                                                   {U'π', "$\\pi$"},
                                                                   {U'ρ', "$\\rho$"},
                                                                   {U'σ', "$\\sigma$"},
                                                                   {U'τ', "$\\tau$"},
                                                                   {U'φ', "$\\varphi$"},
                                                                   {U'χ', "$\\chi$"},
                                                                   {U'ψ', "$\\psi$"},
                                                                   {U'ω', "$\\omega$"},
                                                                   {U'Γ', "$\\Gamma$"},
                                                                   {U'Δ', "$\\Delta$"},
                                                                   {U'Θ', "$\\Theta$"},
                                                                   {U'Λ', "$\\Lambda$"},
                                                                   {U'Ξ', "$\\Xi$"},
                                                                   {U'Π', "$\\Pi$"},
                                                                   {U'Σ', "$\\Sigma$"},
                                                                   {U'Φ', "$\\Phi$"},
                                                                   {U'Ψ', "$\\Psi$"},
                                                                   {U'Ω', "$\\Omega$"}};
    return spellings;
}

// Letters with accents of western and central European languages: known to pdflatex since 2018 without a package.
bool pdflatex_knows(char32_t c) {
    return (c >= 0xc0 && c <= 0x17f && c != U'Ð' && c != U'ð' && c != U'Þ' && c != U'þ' && c != U'÷' && c != U'ĸ' &&
            c != U'Ŋ' && c != U'ŋ' && c != U'ŉ' && c != U'Ħ' && c != U'ħ' && c != U'Ŧ' && c != U'ŧ' && c != U'Đ' &&
            c != U'đ' && c != U'ſ' && c != U'ŀ' && c != U'Ŀ');
}

} // namespace

std::string csv_cell(const std::string& text, bool numeric) {
    const bool formula =
        !numeric && !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
    std::string cell(formula ? 1 : 0, '\'');
    cell += text;
    if (cell.find_first_of(",\"\n\r") == std::string::npos) return cell;
    std::string quoted = "\"";
    for (const char c : cell) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

std::string markdown_cell(const std::string& text) {
    std::string out;
    for (const char c : visible_line(text)) {
        if (c == '<') {
            out += "&lt;";
        } else if (c == '>') {
            out += "&gt;";
        } else if (c == '&') {
            out += "&amp;";
        } else {
            if (std::string_view("\\`*_[]|~$").find(c) != std::string_view::npos) out += '\\';
            out += c;
        }
    }
    return out;
}

std::string latex_cell(const std::string& text, LatexNeeds& needs) {
    std::string out;
    for (const char32_t c : decode_utf8(visible_line(text))) {
        if (const auto found = latex_spellings().find(c); found != latex_spellings().end()) {
            out += found->second;
            continue;
        }
        if (c >= 0x80) needs = std::max(needs, pdflatex_knows(c) ? LatexNeeds::t1 : LatexNeeds::unicode);
        append_utf8(out, c);
    }
    return out;
}

} // namespace diapason
