#include "methods/picture/block_picture.h"

#include "core/base/format.h"

#include <algorithm>

namespace diapason {
namespace {

using Kind = PictureShape::Kind;
using Align = PictureShape::Align;

constexpr double stream_x = 70;    // the residual stream runs upwards here
constexpr double frame_left = 140; // of a sublayer
constexpr double first_map = 172;  // left edge of the maps
constexpr double map_height = 24, map_width = 60, wide_map = 150;
constexpr double least_width = 640;

struct Rect {
    double left = 0, top = 0, right = 0, bottom = 0;
    double x() const { return (left + right) / 2; }
    double y() const { return (top + bottom) / 2; }
    std::vector<PicturePoint> corners() const { return {{left, top}, {right, bottom}}; }
};

const char* activation_word(Activation activation) {
    switch (activation) {
    case Activation::relu:
        return "ReLU";
    case Activation::silu:
        return "SiLU";
    case Activation::tanh:
        return "tanh";
    case Activation::gelu:
    case Activation::gelu_tanh:
    case Activation::quick_gelu:
        break;
    }
    return "GELU";
}

class Drawing {
public:
    Drawing(const BackboneConfig& config, const std::vector<DrawnMethod>& methods)
        : m_c(config),
          m_stack(config.stacks().back()),
          m_methods(methods) {}

    Picture draw() {
        const double top = 62;
        double y = top + (m_c.pre_norm ? 26 : 46);
        // What the stream reaches last stands highest.
        y = feed_forward(y);
        if (m_stack.cross) y = attention(y, "cross_attn");
        y = attention(y, "self_attn") - (m_c.pre_norm ? 4 : 30);
        const double right = std::max(least_width, m_right + 16);
        const Rect layer{30, top, right - 30, y};
        // The stream lies behind the boxes that stand on it.
        std::swap(m_behind, m_picture.shapes);
        line({{stream_x, y + 22}, {stream_x, 48}}, true);
        outline(layer);
        for (const auto& [name, top_edge, bottom_edge] : m_frames) {
            const Rect sublayer{frame_left, top_edge, layer.right - 14, bottom_edge};
            outline(sublayer);
            text({sublayer.left, sublayer.bottom - 18, sublayer.right - 8, sublayer.bottom - 2}, name, Align::right);
        }
        text({layer.left, top + 3, layer.right - 10, top + 19},
             m_stack.name + " layer, ×" + std::to_string(m_stack.layers) +
                 (m_c.pre_norm ? ", pre-norm" : ", post-norm"),
             Align::right);
        m_picture.shapes.insert(m_picture.shapes.end(), m_behind.begin(), m_behind.end());
        head();
        embedding(y + 22);
        m_picture.width = right;
        m_picture.height = y + 66;
        return std::move(m_picture);
    }

private:
    struct Hit {
        int method;
        const DeltaDrawing* delta;
        bool selected;
    };
    // The deltas at a point; one without a sublayer is in all of them.
    std::vector<Hit> hits(const std::string& sublayer, const std::string& point, std::vector<DeltaGlyph> glyphs) const {
        std::vector<Hit> found;
        for (std::size_t i = 0; i < m_methods.size(); ++i) {
            for (const DeltaDrawing& delta : m_methods[i].deltas) {
                const bool here = delta.sublayer.empty() || sublayer.empty() || delta.sublayer == sublayer;
                if (here && delta.point == point &&
                    std::find(glyphs.begin(), glyphs.end(), delta.glyph) != glyphs.end())
                    found.push_back({static_cast<int>(i), &delta, m_methods[i].selected});
            }
        }
        return found;
    }
    std::vector<Hit> at_map(const std::string& sublayer, const std::string& point) const {
        return hits(sublayer, point,
                    {DeltaGlyph::low_rank, DeltaGlyph::vector, DeltaGlyph::serial, DeltaGlyph::parallel,
                     DeltaGlyph::parallel_residual});
    }

    void add(PictureShape shape) { m_picture.shapes.push_back(std::move(shape)); }
    void line(std::vector<PicturePoint> points, bool arrow = false) {
        if (arrow) {
            const PicturePoint tip = points.back(), before = points[points.size() - 2];
            const double dx = tip.x == before.x ? 0 : (tip.x > before.x ? 1 : -1);
            const double dy = dx != 0 ? 0 : (tip.y > before.y ? 1 : -1);
            add({Kind::polygon,
                 {tip,
                  {tip.x - 7 * dx - 4 * dy, tip.y - 7 * dy - 4 * dx},
                  {tip.x - 7 * dx + 4 * dy, tip.y - 7 * dy + 4 * dx}},
                 Ink::none,
                 Ink::line});
        }
        add({Kind::line, std::move(points), Ink::line, Ink::none, 1.2});
    }
    void text(const Rect& at, const std::string& words, Align align = Align::left, Ink ink = Ink::secondary) {
        PictureShape shape{Kind::text, at.corners(), ink};
        shape.text = words;
        shape.align = align;
        add(std::move(shape));
    }
    void outline(const Rect& at) { add({Kind::box, at.corners(), Ink::frame}); }
    void plus(PicturePoint at) {
        add({Kind::ellipse, {{at.x - 8, at.y - 8}, {at.x + 8, at.y + 8}}, Ink::line, Ink::ground});
        add({Kind::line, {{at.x - 4, at.y}, {at.x + 4, at.y}}, Ink::line, Ink::none, 1.2});
        add({Kind::line, {{at.x, at.y - 4}, {at.x, at.y + 4}}, Ink::line, Ink::none, 1.2});
    }
    // In a method's colour: lightly filled, stronger when it is selected.
    void tinted(Kind kind, std::vector<PicturePoint> points, const Hit& hit) {
        add({kind, std::move(points), Ink::method, Ink::method, hit.selected ? 2.0 : 1.0, hit.selected ? 0.45 : 0.22,
             hit.method});
    }
    // A box of the backbone. Where everything is trained it has the method's colour, and a badge where its bias is.
    void box(const Rect& at, const std::string& words, DeltaGlyph also = DeltaGlyph::weights, bool bias = false) {
        add({Kind::box, at.corners(), Ink::line, Ink::box});
        for (const Hit& hit : hits("", "all", {DeltaGlyph::weights, also}))
            tinted(Kind::box, at.corners(), hit);
        text(at, words, Align::centre, Ink::text);
        const auto biases = hits("", "all", {DeltaGlyph::biases});
        if (!bias || biases.empty()) return;
        const double edge = also == DeltaGlyph::norms ? at.right : at.left; // where no glyph stands and no word
        const Rect badge{edge - 8, at.y() - 8, edge + 8, at.y() + 8};
        add({Kind::ellipse, badge.corners(), Ink::none, Ink::ground});
        tinted(Kind::ellipse, badge.corners(), biases.front());
        text(badge, "b", Align::centre, Ink::text);
    }
    void norm(double x, double y) {
        const bool rms = m_c.norm == NormKind::rms_norm;
        box({x - 38, y - 10, x + 38, y + 10}, rms ? "RMS norm" : "layer norm", DeltaGlyph::norms, !rms);
    }
    // Two trapezoids: down to r and up again.
    void hourglass(PicturePoint at, double width, double height, const Hit& hit) {
        const double w = width / 2, h = height / 2, neck = std::min(w, h) / 3;
        if (height >= width)
            tinted(Kind::polygon,
                   {{at.x - w, at.y - h},
                    {at.x + w, at.y - h},
                    {at.x + neck, at.y},
                    {at.x + w, at.y + h},
                    {at.x - w, at.y + h},
                    {at.x - neck, at.y}},
                   hit);
        else
            tinted(Kind::polygon,
                   {{at.x - w, at.y - h},
                    {at.x, at.y - neck},
                    {at.x + w, at.y - h},
                    {at.x + w, at.y + h},
                    {at.x, at.y + neck},
                    {at.x - w, at.y + h}},
                   hit);
    }

    static double glyph_room(std::size_t glyphs) { return 54.0 * static_cast<double>(glyphs); }
    double map(const Rect& at, const std::string& words, const std::string& sublayer, const std::string& point,
               bool bias) {
        box(at, words, DeltaGlyph::weights, bias);
        double x = at.right + 8;
        for (const Hit& hit : at_map(sublayer, point)) {
            if (hit.delta->glyph == DeltaGlyph::vector) {
                const Rect circle{x, at.y() - 8, x + 16, at.y() + 8};
                tinted(Kind::ellipse, circle.corners(), hit);
                text(circle, "⊙", Align::centre, Ink::text);
            } else {
                hourglass({x + 9, at.y()}, 18, map_height + 8, hit);
            }
            text({x + 21, at.top, x + 54, at.bottom}, hit.delta->caption);
            x += 54;
        }
        m_right = std::max(m_right, x);
        return x;
    }
    static std::string sized(const char* name, std::pair<std::int64_t, std::int64_t> size) {
        return std::string(name) + "  " + std::to_string(size.first) + " → " + std::to_string(size.second);
    }

    // Frame, way in from the stream, way out with what is inserted there. @param in y of the line that feeds the maps
    // @param centre x of the column of maps @param right where glyphs beside the maps may begin. @return the next
    // sublayer's top
    double close(double top, double in, double centre, double right, const std::string& sublayer, double first_box) {
        const double out = top + 12;
        const double feed = m_c.pre_norm ? in + 44 : in;
        double x = right;
        for (const Hit& hit : hits(sublayer, "block", {DeltaGlyph::parallel, DeltaGlyph::parallel_residual})) {
            const double from = hit.delta->glyph == DeltaGlyph::parallel_residual ? feed : in;
            line({{x + 16, from}, {x + 16, out}});
            line({{centre, from}, {x + 16, from}});
            line({{x + 16, out}, {centre + 8, out}}, true);
            hourglass({x + 16, (in + out) / 2}, 32, 46, hit);
            text({x + 36, (in + out) / 2 - 8, x + 78, (in + out) / 2 + 8}, hit.delta->caption);
            x += 80;
        }
        const bool joined = x > right;
        m_right = std::max(m_right, x);
        line({{centre, first_box}, {centre, out}, {stream_x + 8, out}}, true);
        if (joined) plus({centre, out});
        double serial = frame_left + 14;
        for (const Hit& hit : hits(sublayer, "block", {DeltaGlyph::serial})) {
            hourglass({serial + 22, out}, 44, 24, hit);
            text({serial, out + 13, serial + 44, out + 27}, hit.delta->caption, Align::centre);
            serial += 58;
        }
        if (m_c.pre_norm) {
            line({{stream_x, feed}, {centre, feed}, {centre, in}});
            norm(centre, in + 22);
        } else {
            line({{stream_x, in}, {centre, in}});
            norm(stream_x, top - 20);
        }
        plus({stream_x, out});
        m_frames.push_back({sublayer, top, feed + 12});
        return feed + 12 + (m_c.pre_norm ? 16 : 42);
    }
    double feed_forward(double top) {
        const double y2 = top + 44, y1 = top + 92, in = top + 130;
        const auto [d, f] = map_size(m_c, m_stack, "fc1");
        double centre = 328, right = 0;
        if (m_c.gated_ffn) {
            const double second =
                first_map + 140 + 12 + glyph_room(std::max<std::size_t>(1, at_map("ffn", "fc1").size()));
            const Rect fc1{first_map, y1, first_map + 140, y1 + map_height},
                gate{second, y1, second + 140, y1 + map_height};
            centre = (fc1.x() + gate.x()) / 2;
            line({{fc1.x(), in}, {fc1.x(), top + 80}, {gate.x(), top + 80}, {gate.x(), in}, {fc1.x(), in}});
            line({{centre, top + 80}, {centre, y2}});
            map(fc1, sized("fc1", {d, f}), "ffn", "fc1", m_c.ffn_bias);
            right = map(gate, sized("gate", {d, f}), "ffn", "gate", m_c.ffn_bias);
            text({centre + 6, top + 68, centre + 160, top + 80},
                 std::string(activation_word(m_c.activation)) + "(gate) · fc1");
        } else {
            line({{centre, in}, {centre, y2}});
            right = map({centre - wide_map / 2, y1, centre + wide_map / 2, y1 + map_height}, sized("fc1", {d, f}),
                        "ffn", "fc1", m_c.ffn_bias);
            text({centre + 6, top + 70, centre + 80, top + 90}, activation_word(m_c.activation));
        }
        right = std::max(right, map({centre - wide_map / 2, y2, centre + wide_map / 2, y2 + map_height},
                                    sized("fc2", {f, d}), "ffn", "fc2", m_c.ffn_bias));
        return close(top, in, centre, right + 14, "ffn", y2);
    }

    double attention(double top, const std::string& sublayer) {
        const double y_o = top + 44, y_heads = top + 88, y_maps = top + 138, in = top + 178;
        std::size_t glyphs = 1;
        for (const char* name : {"q", "k", "v"})
            glyphs = std::max(glyphs, at_map(sublayer, name).size());
        const double pitch = map_width + 16 + glyph_room(glyphs);
        const Rect heads{first_map, y_heads, first_map + 2 * pitch + map_width, y_heads + 26};
        const double centre = heads.x();
        const auto [in_o, out_o] = map_size(m_c, m_stack, "o");
        line({{centre, y_heads}, {centre, y_o}});
        double x = first_map;
        for (const char* name : {"q", "k", "v"}) {
            const Rect at{x, y_maps, x + map_width, y_maps + map_height};
            line({{at.x(), in}, {at.x(), heads.bottom}});
            m_right = std::max(m_right,
                               map(at, std::string(name) + "  " + std::to_string(map_size(m_c, m_stack, name).second),
                                   sublayer, name, m_c.qkv_bias));
            x += pitch;
        }
        line({{first_map + map_width / 2, in}, {first_map + 2 * pitch + map_width / 2, in}});
        box(heads,
            std::to_string(m_stack.heads) + " heads of " + std::to_string(m_stack.head_width) + ": softmax(q kᵀ) v");
        double right = map({centre - wide_map / 2, y_o, centre + wide_map / 2, y_o + map_height},
                           sized("o", {in_o, out_o}), sublayer, "o", m_c.output_bias);
        right =
            std::max({right, heads.right + 4, x - pitch + map_width + 8 + glyph_room(at_map(sublayer, "v").size())}) +
            14;
        for (const Hit& hit : hits(sublayer, "kv", {DeltaGlyph::prefix})) {
            for (int row = 0; row < 2; ++row) {
                const double y = y_heads + 14 * row - 1;
                for (int cell = 0; cell < 3; ++cell)
                    tinted(Kind::box, {{right + 12.0 * cell, y}, {right + 12.0 * cell + 11, y + 12}}, hit);
                text({right + 40, y, right + 52, y + 12}, row == 0 ? "k" : "v");
            }
            line({{right, y_heads + 13}, {heads.right, y_heads + 13}}, true);
            text({right - 2, y_heads - 17, right + 60, y_heads - 3}, hit.delta->caption);
            right += 68;
        }
        for (const Hit& hit : hits(sublayer, "heads", {DeltaGlyph::parallel, DeltaGlyph::parallel_residual})) {
            const double join = top + 78;
            line({{centre, in}, {right + 16, in}, {right + 16, join}, {centre + 8, join}}, true);
            plus({centre, join});
            hourglass({right + 16, (in + join) / 2 + 8}, 32, 46, hit);
            text({right + 36, (in + join) / 2, right + 76, (in + join) / 2 + 16}, hit.delta->caption);
            right += 80;
        }
        for (const Hit& hit : hits(sublayer, "heads", {DeltaGlyph::serial})) {
            hourglass({centre, top + 78}, 24, 18, hit);
            text({centre + 16, top + 70, centre + 60, top + 86}, hit.delta->caption);
        }
        m_right = std::max(m_right, right);
        return close(top, in, centre, right, sublayer, y_o);
    }

    void head() {
        const Rect at{30, 20, 330, 46};
        box(at, "Task head");
        const auto alone = hits("", "head", {DeltaGlyph::head});
        for (const Hit& hit : alone)
            add({Kind::box, at.corners(), Ink::method, Ink::none, hit.selected ? 3.0 : 2.0, 1, hit.method});
        text({340, 20, 630, 46}, alone.empty() ? "trained in every arm, counted separately"
                                               : m_methods[static_cast<std::size_t>(alone.front().method)].label +
                                                     ": nothing else is trained");
    }

    void embedding(double y) {
        double x = 30;
        const auto prompts = hits("", "embedding", {DeltaGlyph::prompt});
        if (!prompts.empty()) { // one row of soft tokens, however many arms have one
            const Hit& hit = prompts.front();
            for (const char* word : {"p1", "p2", "…"}) {
                tinted(Kind::box, {{x, y}, {x + 28, y + 22}}, hit);
                text({x, y, x + 28, y + 22}, word, Align::centre, Ink::text);
                x += 30;
            }
            text({30, y + 24, 590, y + 40}, "soft prompt: " + hit.delta->caption);
            x += 8;
        }
        for (const char* word : {"tokens", "of", "the", "text"}) {
            box({x, y, x + 56, y + 22}, word);
            x += 60;
        }
        text({x + 6, y, x + 246, y + 22}, format_count(m_c.vocabulary) + " pieces → " + std::to_string(m_c.width));
    }

    const BackboneConfig& m_c;
    const StackShape m_stack;
    const std::vector<DrawnMethod>& m_methods;
    Picture m_picture;
    std::vector<PictureShape> m_behind;
    struct Frame {
        std::string name;
        double top, bottom;
    };
    std::vector<Frame> m_frames; // of sublayers: drawn when the widest is known
    double m_right = 0;          // of all that is drawn in sublayers so far
};

} // namespace

Picture block_picture(const BackboneConfig& config, const std::vector<DrawnMethod>& methods) {
    return Drawing(config, methods).draw();
}

std::string method_svg(const MethodInfo& method, const BackboneConfig& config) {
    const OptionValues options = OptionValues::defaults(method.options);
    const Picture picture =
        block_picture(config, {{method.label, method.colour_slot, method.drawing(config, options), true}});
    return picture_svg(
        picture, [](int) { return "#2f6db5"; }, "Where " + method.label + " changes a layer");
}

} // namespace diapason
