#include "ui/design/block_view.h"

#include "core/base/error.h"
#include "core/base/format.h"
#include "ui/theme/theme.h"

#include <QPainter>

#include <algorithm>
#include <map>

namespace diapason::ui {
namespace {

// Draws in a space of 640 × 470 units that is scaled to the widget.
constexpr double spaceWidth = 640;
constexpr double spaceHeight = 470;
constexpr double streamX = 70; // the residual stream runs upwards here

class Drawing {
public:
    Drawing(QPainter& painter, const BackboneConfig& config, const std::vector<DrawnMethod>& methods)
        : m_p(painter),
          m_c(config) {
        for (const DrawnMethod& method : methods) {
            for (const DeltaDrawing& delta : method.deltas)
                m_at[delta.point].push_back({&method, &delta});
        }
    }

    void draw() {
        m_text = m_p.font();
        m_text.setPixelSize(11);
        m_p.setFont(m_text);
        const QString layers = QObject::tr("%1 layer, ×%2, %3")
                                   .arg(qs(m_c.stack()))
                                   .arg(m_c.layers)
                                   .arg(m_c.pre_norm ? QObject::tr("pre-norm") : QObject::tr("post-norm"));
        frame(QRectF(30, 62, 580, 338), layers);
        // The stream itself, from the embedding to the head; boxes stand on it.
        line({streamX, 418}, {streamX, 48});
        arrowUp({streamX, 46});
        head();
        feedForward();
        attention();
        embedding();
    }

private:
    struct Hit {
        const DrawnMethod* method;
        const DeltaDrawing* delta;
    };

    void pen(const QColor& c, double width = 1) { m_p.setPen(QPen(c, width)); }
    void line(QPointF a, QPointF b) {
        pen(colour(Role::border), 1.2);
        m_p.drawLine(a, b);
    }
    void arrowUp(QPointF tip) {
        m_p.setBrush(colour(Role::border));
        m_p.setPen(Qt::NoPen);
        m_p.drawPolygon(QPolygonF({tip, tip + QPointF(-4, 7), tip + QPointF(4, 7)}));
    }
    void label(QRectF rect, const QString& text, int flags, Role role = Role::secondary) {
        pen(colour(role));
        m_p.drawText(rect, flags, text);
    }
    void frame(QRectF rect, const QString& text) {
        pen(colour(Role::strongLine));
        m_p.setBrush(Qt::NoBrush);
        m_p.drawRoundedRect(rect, 3, 3);
        label(rect.adjusted(8, 4, -8, -4), text, Qt::AlignRight | Qt::AlignTop);
    }
    // A box of the backbone; full tuning fills it, since every weight is trained.
    void box(QRectF rect, const QString& text) {
        m_p.setBrush(colour(Role::window));
        pen(colour(Role::border));
        m_p.drawRoundedRect(rect, 3, 3); // opaque first: the tint of full tuning lets lines through
        if (const auto all = m_at.find("all"); all != m_at.end()) {
            QColor fill = seriesColour(all->second.front().method->slot);
            fill.setAlphaF(all->second.front().method->selected ? 0.35 : 0.18);
            m_p.setBrush(fill);
        }
        m_p.drawRoundedRect(rect, 3, 3);
        label(rect, text, Qt::AlignCenter, Role::text);
    }
    void plus(QPointF c) {
        m_p.setBrush(colour(Role::base));
        pen(colour(Role::border));
        m_p.drawEllipse(c, 8, 8);
        m_p.drawLine(c - QPointF(4, 0), c + QPointF(4, 0));
        m_p.drawLine(c - QPointF(0, 4), c + QPointF(0, 4));
    }
    void norm(double y) {
        box(QRectF(streamX - 38, y - 10, 76, 20),
            m_c.norm == NormKind::rms_norm ? QObject::tr("RMS norm") : QObject::tr("layer norm"));
    }

    // The hourglass of a low-rank update, to the right of its map.
    void lowRank(QRectF map, const std::string& point) {
        const auto hits = m_at.find(point);
        if (hits == m_at.end()) return;
        double x = map.right() + 8;
        for (const Hit& hit : hits->second) {
            if (hit.delta->shape != "lora") continue;
            const QColor c = seriesColour(hit.method->slot);
            QColor fill = c;
            fill.setAlphaF(hit.method->selected ? 0.45 : 0.22);
            m_p.setBrush(fill);
            pen(c, hit.method->selected ? 2 : 1);
            const double top = map.top() - 4, bottom = map.bottom() + 4, mid = map.center().y();
            m_p.drawPolygon(
                QPolygonF({{x, top}, {x + 20, top}, {x + 13, mid}, {x + 20, bottom}, {x, bottom}, {x + 7, mid}}));
            label(QRectF(x + 23, map.top(), 40, map.height()), qs(hit.delta->caption),
                  Qt::AlignLeft | Qt::AlignVCenter);
            x += 58;
        }
    }
    void map(QRectF rect, const QString& text, const std::string& point) {
        box(rect, text);
        lowRank(rect, point);
    }

    void head() {
        const QRectF rect(30, 20, 300, 26);
        box(rect, QObject::tr("Task head"));
        const auto hits = m_at.find("head");
        QString text = QObject::tr("trained in every arm, counted apart");
        if (hits != m_at.end()) {
            const QColor c = seriesColour(hits->second.front().method->slot);
            pen(c, hits->second.front().method->selected ? 3 : 2);
            m_p.setBrush(Qt::NoBrush);
            m_p.drawRoundedRect(rect, 3, 3);
            text = QObject::tr("%1: nothing else is trained").arg(hits->second.front().method->label);
        }
        label(QRectF(340, 20, 290, 26), text, Qt::AlignLeft | Qt::AlignVCenter);
    }

    QString size(const char* name, std::int64_t in, std::int64_t out) const {
        return QStringLiteral("%1  %2 → %3").arg(QLatin1String(name)).arg(in).arg(out);
    }

    void feedForward() {
        const QRectF inside(150, 84, 446, 128);
        frame(inside, QStringLiteral("ffn"));
        map(QRectF(270, 98, 150, 24), size("fc2", m_c.ffn_width, m_c.width), "fc2");
        line({345, 122}, {345, 162});
        if (m_c.gated_ffn) {
            label(QRectF(350, 130, 120, 18), QObject::tr("SiLU(gate) · fc1"), Qt::AlignLeft | Qt::AlignVCenter);
            map(QRectF(200, 162, 140, 24), size("fc1", m_c.width, m_c.ffn_width), "fc1");
            map(QRectF(400, 162, 140, 24), size("gate", m_c.width, m_c.ffn_width), "gate");
            line({270, 162}, {270, 150});
            line({470, 162}, {470, 150});
            line({270, 150}, {470, 150});
            line({270, 186}, {270, 200});
            line({470, 186}, {470, 200});
            line({270, 200}, {470, 200});
        } else {
            label(QRectF(350, 130, 80, 20),
                  m_c.activation == Activation::relu ? QStringLiteral("ReLU") : QStringLiteral("GELU"),
                  Qt::AlignLeft | Qt::AlignVCenter);
            map(QRectF(270, 162, 150, 24), size("fc1", m_c.width, m_c.ffn_width), "fc1");
        }
        branch(345, 98, m_c.gated_ffn ? 200 : 186, 110, 200);
        norm(m_c.pre_norm ? 224 : 84);
    }

    // From the stream through a sublayer and back: where the norm stands is what pre- and post-norm mean.
    void branch(double x, double out, double in, double plusY, double from) {
        line({x, in}, {x, from + 6});
        line({x, from + 6}, {streamX, from + 6});
        line({x, out}, {x, plusY - 22});
        line({x, plusY - 22}, {150, plusY - 22});
        line({150, plusY - 22}, {150, plusY});
        line({150, plusY}, {streamX + 8, plusY});
        plus({streamX, plusY});
    }

    void attention() {
        const QRectF inside(150, 240, 446, 152);
        frame(inside, QStringLiteral("self_attn"));
        const std::int64_t q = m_c.heads * m_c.head_width;
        const std::int64_t kv = m_c.kv_heads * m_c.head_width;
        map(QRectF(270, 252, 150, 24), size("o", q, m_c.width), "o");
        line({345, 276}, {345, 290});
        box(QRectF(180, 290, 340, 26),
            QObject::tr("%1 heads of %2: softmax(q kᵀ / √%2) v").arg(m_c.heads).arg(m_c.head_width));
        const std::pair<const char*, double> maps[] = {{"q", 180}, {"k", 318}, {"v", 456}};
        for (const auto& [name, x] : maps) {
            const QRectF rect(x, 340, 66, 24);
            line({x + 33, 340}, {x + 33, 316});
            line({x + 33, 364}, {x + 33, 380});
            map(rect, QStringLiteral("%1  %2").arg(QLatin1String(name)).arg(name[0] == 'q' ? q : kv), name);
        }
        line({213, 380}, {489, 380});
        line({213, 380}, {streamX, 380});
        line({345, 252}, {345, 246});
        line({345, 246}, {150, 246});
        line({150, 246}, {150, 262});
        line({150, 262}, {streamX + 8, 262});
        plus({streamX, 262});
        norm(m_c.pre_norm ? 392 : 236);
    }

    void embedding() {
        double x = 30;
        if (const auto hits = m_at.find("embedding"); hits != m_at.end()) {
            for (const Hit& hit : hits->second) {
                const QColor c = seriesColour(hit.method->slot);
                for (const char* text : {"p1", "p2", "…"}) {
                    QColor fill = c;
                    fill.setAlphaF(hit.method->selected ? 0.45 : 0.22);
                    m_p.setBrush(fill);
                    pen(c, hit.method->selected ? 2 : 1);
                    const QRectF rect(x, 420, 28, 22);
                    m_p.drawRect(rect);
                    label(rect, QString::fromUtf8(text), Qt::AlignCenter, Role::text);
                    x += 30;
                }
                label(QRectF(30, 444, 560, 16), QObject::tr("soft prompt: %1").arg(qs(hit.delta->caption)),
                      Qt::AlignLeft | Qt::AlignVCenter);
                x += 8;
                break; // one row of soft tokens, however many arms have one
            }
        }
        for (const char* text : {"tokens", "of", "the", "text"}) {
            const QRectF rect(x, 420, 56, 22);
            box(rect, QString::fromUtf8(text));
            x += 60;
        }
        label(QRectF(x + 6, 420, 240, 22),
              QObject::tr("%1 pieces → %2").arg(qs(format_count(m_c.vocabulary))).arg(m_c.width),
              Qt::AlignLeft | Qt::AlignVCenter);
    }

    QPainter& m_p;
    const BackboneConfig& m_c;
    QFont m_text;
    std::map<std::string, std::vector<Hit>> m_at;
};

} // namespace

std::vector<DrawnMethod> drawn_methods(const Study& study, const BackboneConfig& config, const std::vector<Arm>& arms,
                                       int selected) {
    std::vector<DrawnMethod> methods;
    for (std::size_t row = 0; row < study.methods.size(); ++row) {
        const StudyMethod& entry = study.methods[row];
        try {
            const MethodInfo& info = method_info(entry.method);
            std::vector<Problem> ignored;
            DrawnMethod drawn{qs(info.label), info.colour_slot,
                              info.drawing(config, OptionValues::from_json(info.options, entry.options, "", ignored)),
                              static_cast<int>(row) == selected};
            for (const Arm& arm : arms) {
                if (arm.spec.method == entry.method) drawn.slot = arm.colour_slot;
            }
            methods.push_back(std::move(drawn));
        } catch (const Error&) { // the section list and pre-flight say what is wrong
        }
    }
    return methods;
}

BlockView::BlockView(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::TabFocus);
    setAccessibleName(tr("Drawing of one layer and its deltas"));
}

void BlockView::setBackbone(std::optional<BackboneConfig> config) {
    m_config = std::move(config);
    update();
}

void BlockView::setMethods(std::vector<DrawnMethod> methods) {
    m_methods = std::move(methods);
    QString spoken;
    for (const DrawnMethod& method : m_methods) {
        for (const DeltaDrawing& delta : method.deltas)
            spoken += tr("%1 at %2, %3. ").arg(method.label, qs(delta.point), qs(delta.caption));
    }
    setAccessibleDescription(spoken);
    update();
}

void BlockView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), colour(Role::base));
    painter.setRenderHint(QPainter::Antialiasing);
    if (!m_config) {
        painter.setPen(colour(Role::secondary));
        painter.drawText(rect(), Qt::AlignCenter, tr("Choose a backbone to see its layer"));
        return;
    }
    const double scale = std::min(width() / spaceWidth, height() / spaceHeight);
    painter.translate((width() - scale * spaceWidth) / 2, std::min(12.0, (height() - scale * spaceHeight) / 2));
    painter.scale(scale, scale);
    Drawing(painter, *m_config, m_methods).draw();
    if (hasFocus()) {
        painter.resetTransform();
        painter.setPen(QPen(colour(Role::focus), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(1, 1, -1, -1));
    }
}

} // namespace diapason::ui
