#include "methods/picture/picture.h"

#include <cmath>

namespace diapason {
namespace {

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else
            out += c;
    }
    return out;
}

// With at most one decimal: the same text on every machine.
std::string number(double value) {
    const auto tenths = static_cast<long>(std::lround(value * 10));
    const long whole = tenths / 10, rest = std::labs(tenths % 10);
    const std::string sign = tenths < 0 && whole == 0 ? "-" : "";
    return sign + std::to_string(whole) + (rest == 0 ? "" : "." + std::to_string(rest));
}

// Names of the style sheet; light and dark differ there only.
const char* name_of(Ink ink) {
    switch (ink) {
    case Ink::text:
        return "text";
    case Ink::secondary:
        return "secondary";
    case Ink::line:
        return "line";
    case Ink::frame:
        return "frame";
    case Ink::box:
        return "box";
    case Ink::ground:
        return "ground";
    case Ink::method:
    case Ink::none:
        break;
    }
    return "";
}

// Classes rather than variables, which many programs that show SVG files do not know. s: stroke, f: filling.
std::string style() {
    struct Colours {
        Ink ink;
        const char *light, *dark;
    };
    constexpr Colours inks[] = {{Ink::text, "#1f2328", "#e6e9ec"}, {Ink::secondary, "#59636e", "#a0a8b0"},
                                {Ink::line, "#848d97", "#7d868f"}, {Ink::frame, "#c9ced4", "#484f58"},
                                {Ink::box, "#f4f6f8", "#2a2f36"},  {Ink::ground, "#ffffff", "#1b1f24"}};
    const auto rules = [&](const char* Colours::*colour) {
        std::string text;
        for (const Colours& c : inks)
            text += std::string(".s-") + name_of(c.ink) + "{stroke:" + c.*colour + "}.f-" + name_of(c.ink) +
                    "{fill:" + c.*colour + "}";
        return text;
    };
    return "<style>text{font:11px sans-serif}" + rules(&Colours::light) + "@media(prefers-color-scheme:dark){" +
           rules(&Colours::dark) + "}</style>\n";
}

class Writer {
public:
    explicit Writer(const std::function<std::string(int)>& colour) : m_colour(colour) {}

    std::string element(const PictureShape& shape) const {
        const auto& p = shape.points;
        switch (shape.kind) {
        case PictureShape::Kind::line:
            return "<polyline points=\"" + points(p) + "\"" + paint(shape) + "/>\n";
        case PictureShape::Kind::polygon:
            return "<polygon points=\"" + points(p) + "\"" + paint(shape) + "/>\n";
        case PictureShape::Kind::box:
            return "<rect x=\"" + number(p[0].x) + "\" y=\"" + number(p[0].y) + "\" width=\"" +
                   number(p[1].x - p[0].x) + "\" height=\"" + number(p[1].y - p[0].y) + "\" rx=\"3\"" + paint(shape) +
                   "/>\n";
        case PictureShape::Kind::ellipse:
            return "<ellipse cx=\"" + number((p[0].x + p[1].x) / 2) + "\" cy=\"" + number((p[0].y + p[1].y) / 2) +
                   "\" rx=\"" + number((p[1].x - p[0].x) / 2) + "\" ry=\"" + number((p[1].y - p[0].y) / 2) + "\"" +
                   paint(shape) + "/>\n";
        case PictureShape::Kind::text:
            break;
        }
        double x = p[0].x;
        std::string anchor = "start";
        if (shape.align == PictureShape::Align::centre) {
            x = (p[0].x + p[1].x) / 2;
            anchor = "middle";
        } else if (shape.align == PictureShape::Align::right) {
            x = p[1].x;
            anchor = "end";
        }
        // Letters are about 8 high above their base line.
        return "<text x=\"" + number(x) + "\" y=\"" + number((p[0].y + p[1].y) / 2 + 4) + "\" text-anchor=\"" + anchor +
               "\"" + ink("fill", "f-", shape.stroke, shape.method) + ">" + escaped(shape.text) + "</text>\n";
    }

private:
    // An attribute: a class of the style sheet, or a colour.
    std::string ink(const char* attribute, const char* start, Ink of, int method) const {
        if (of == Ink::none || of == Ink::method)
            return std::string(" ") + attribute + "=\"" + (of == Ink::none ? "none" : m_colour(method)) + "\"";
        return std::string(" class=\"") + start + name_of(of) + "\"";
    }
    std::string paint(const PictureShape& shape) const {
        std::string fill = ink("fill", "f-", shape.fill, shape.method);
        std::string stroke = ink("stroke", "s-", shape.stroke, shape.method);
        if (fill.starts_with(" class") && stroke.starts_with(" class")) { // one attribute holds both
            fill = " class=\"f-" + std::string(name_of(shape.fill)) + " s-" + name_of(shape.stroke) + "\"";
            stroke.clear();
        }
        if (shape.stroke != Ink::none) stroke += " stroke-width=\"" + number(shape.stroke_width) + "\"";
        if (shape.fill_opacity < 1) {
            // Two decimals are enough for a tint.
            const auto percent = static_cast<long>(std::lround(shape.fill_opacity * 100));
            fill += " fill-opacity=\"0." + std::string(percent < 10 ? "0" : "") + std::to_string(percent) + "\"";
        }
        return fill + stroke;
    }
    static std::string points(const std::vector<PicturePoint>& list) {
        std::string out;
        for (const PicturePoint& p : list)
            out += (out.empty() ? "" : " ") + number(p.x) + "," + number(p.y);
        return out;
    }

    const std::function<std::string(int)>& m_colour;
};

} // namespace

std::string picture_svg(const Picture& picture, const std::function<std::string(int)>& method_colour,
                        const std::string& title) {
    const std::string size = number(picture.width) + "\" height=\"" + number(picture.height);
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + size + "\" viewBox=\"0 0 " +
                      number(picture.width) + " " + number(picture.height) + "\" role=\"img\">\n<title>" +
                      escaped(title) + "</title>\n" + style();
    const PictureShape ground{
        PictureShape::Kind::box, {{0, 0}, {picture.width, picture.height}}, Ink::none, Ink::ground};
    const Writer writer(method_colour);
    out += writer.element(ground);
    for (const PictureShape& shape : picture.shapes)
        out += writer.element(shape);
    return out + "</svg>\n";
}

} // namespace diapason
