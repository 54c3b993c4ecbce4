// SPDX-License-Identifier: Apache-2.0
#include "document/page_drawing.h"

#include <sstream>

namespace candor::document {

namespace {

constexpr double kMargin = 57;
constexpr double kTextWidth = kPageWidth - 2 * kMargin;

struct Look {
  double size;
  bool bold;
};

Look look_of(Role role) {
  switch (role) {
    case Role::title:
      return {16, true};
    case Role::heading:
      return {12.5, true};
    case Role::banner:
      return {10.5, true};
    case Role::caption:
    case Role::head:
      return {8.5, true};
    default:
      return {8.5, false};
  }
}

/// Where the next line goes on which page.
class Pen {
 public:
  Pen(cairo_t* context, const Draft& draft, const std::function<void()>& new_page)
      : context_(context), draft_(draft), new_page_(new_page) {
    begin_page();
  }

  void draw(const Item& item) {
    if (item.role == Role::page_break) return turn_page();
    choose(look_of(item.role));
    if (item.role == Role::banner)
      centred(item.text);
    else if (item.cells.empty())
      wrapped(item.text);
    else
      row(item.cells);
    y_ += item.cells.empty() ? 4 : 0;
  }

 private:
  void begin_page() {
    y_ = kMargin;
    choose({8, false});
    const std::string line = copy_line(draft_);
    if (!line.empty()) show(kPageWidth - kMargin - width(line), kMargin / 2, line);
  }
  void turn_page() {
    new_page_();
    begin_page();
  }
  void choose(Look look) {
    look_ = look;
    cairo_select_font_face(context_, "DejaVu Serif", CAIRO_FONT_SLANT_NORMAL,
                           look.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(context_, look.size);
  }
  [[nodiscard]] double width(const std::string& text) const {
    cairo_text_extents_t extents;
    cairo_text_extents(context_, text.c_str(), &extents);
    return extents.x_advance;
  }
  void show(double x, double y, const std::string& text) {
    cairo_move_to(context_, x, y);
    cairo_show_text(context_, text.c_str());
  }
  void next_line() {
    y_ += look_.size * 1.35;
    if (y_ <= kPageHeight - kMargin) return;
    const Look look = look_;
    turn_page();
    choose(look);
    y_ += look_.size * 1.35;
  }
  void centred(const std::string& text) {
    next_line();
    show((kPageWidth - width(text)) / 2, y_, text);
  }
  void wrapped(const std::string& text) {
    std::istringstream words(text);
    std::string line;
    for (std::string word; words >> word;) {
      const std::string longer = line.empty() ? word : line + " " + word;
      if (!line.empty() && width(longer) > kTextWidth) {
        next_line();
        show(kMargin, y_, line);
        line = word;
      } else {
        line = longer;
      }
    }
    next_line();
    show(kMargin, y_, line);
  }
  void row(const Cells& cells) {
    next_line();
    const double step = kTextWidth / static_cast<double>(cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i)
      show(kMargin + step * static_cast<double>(i), y_, cells[i]);
  }

  cairo_t* context_;
  const Draft& draft_;
  const std::function<void()>& new_page_;
  Look look_ = {};
  double y_ = 0;
};

}  // namespace

void draw_items(cairo_t* context, const Draft& draft, const std::vector<Item>& items,
                const std::function<void()>& new_page) {
  cairo_set_source_rgb(context, 0, 0, 0);
  Pen pen(context, draft, new_page);
  for (const Item& item : items) pen.draw(item);
}

}  // namespace candor::document
